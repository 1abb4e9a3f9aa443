#include "tests/sim/link_workload.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/interaction/domain/domain.h"
#include "services/interaction/reactions.h"
#include "services/profile/domain/domain.h"
#include "services/profile/reactions.h"
#include "services/runtime/base/number.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/profile/v1/events.pb.h"
#include "shoujie/profile/v1/link.pb.h"
#include "tests/sim/principals.h"

namespace shoujie::testing {
namespace {

using google::protobuf::util::TimeUtil;
namespace in = interaction::v1;
namespace pr = profile::v1;

constexpr uint64_t kPhones = 12;

std::string NumberIn(const std::string& stream) { return stream.substr(stream.find('/') + 1); }

}  // namespace

LinkWorkload::LinkWorkload() : interaction_(interaction::Domain()), profile_(profile::Domain()) {
  interaction_.reactions.push_back({"profile", std::make_shared<pr::Event>(), &interaction::OnProfile, {}});
  profile_.reactions.push_back({"interaction", std::make_shared<in::Event>(), &profile::OnInteraction, {}});
}

directory::v1::Directory LinkWorkload::Directory(sim::Random&) {
  directory::v1::Directory d;
  d.add_sites()->set_id("north");
  d.mutable_sites(0)->set_time_zone("Asia/Shanghai");
  d.mutable_sites(0)->set_head("1001");
  auto* agent = d.add_agents();
  agent->set_id("1001");
  agent->set_site("north");
  agent->set_role(directory::v1::AGENT_ROLE_HEAD);
  auto* disposition = d.add_dispositions();
  disposition->set_id("nuisance");
  disposition->set_kind(directory::v1::DISPOSITION_KIND_NUISANCE);
  *d.mutable_policies()->mutable_undo_window() = TimeUtil::SecondsToDuration(300);
  *d.mutable_policies()->mutable_wrap_up_limit() = TimeUtil::SecondsToDuration(180);
  return d;
}

sim::Intent LinkWorkload::Next(sim::Random& random, absl::Time now) {
  sim::Intent intent;
  intent.principal = Operator();
  const std::string phone = absl::StrCat("+86 10 6252 ", 1000 + random.Below(kPhones));
  const uint64_t x = random.Below(100);
  if (x < 20 || contacts_.empty()) {
    auto fact = std::make_unique<in::ReportContactFactRequest>();
    fact->set_source("switch-1");
    fact->set_external_id(absl::StrCat("call-", ++calls_));
    fact->set_identifier(phone);
    fact->set_site("north");
    *fact->mutable_occurred_at() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(now) - 5000);
    fact->mutable_fact()->mutable_answered()->set_agent("1001");
    intent.principal = Switch();
    intent.request = std::move(fact);
  } else if (x < 32 || customers_.empty()) {
    auto create = std::make_unique<pr::CreateCustomerRequest>();
    create->mutable_identifier()->set_kind(pr::IDENTIFIER_KIND_PHONE);
    create->mutable_identifier()->set_value(phone);
    create->mutable_details()->set_display_name("somebody");
    create->set_get_or_create(true);
    intent.service = 1;
    intent.request = std::move(create);
  } else if (x < 70) {
    auto attribute = std::make_unique<in::AttributeContactRequest>();
    attribute->set_name(random.Pick(contacts_));
    attribute->set_customer(random.Pick(customers_));
    if (random.Chance(150)) {  // nobody's number
      const Number nobody{Number::Parse(NumberIn(attribute->customer()))->slot, 900 + random.Below(3), true};
      attribute->set_customer("customers/" + nobody.ToString());
    }
    intent.request = std::move(attribute);
  } else if (x < 85) {
    auto update = std::make_unique<pr::UpdateCustomerRequest>();
    update->set_name(random.Pick(customers_));
    update->mutable_details()->set_class_(static_cast<pr::CustomerClass>(random.Below(4)));
    intent.service = 1;
    intent.request = std::move(update);
  } else if (x < 95) {
    auto dispose = std::make_unique<in::DisposeContactRequest>();
    dispose->set_name(random.Pick(contacts_));
    dispose->set_disposition("nuisance");
    intent.request = std::move(dispose);
  } else {
    auto undo = std::make_unique<in::UndoDispositionRequest>();
    undo->set_name(random.Pick(contacts_));
    undo->set_reason("by mistake");
    intent.request = std::move(undo);
  }
  return intent;
}

void LinkWorkload::Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) {
  if (!answer.ok() || answer->name().empty()) return;
  std::vector<std::string>* names = nullptr;
  if (intent.request->GetDescriptor() == in::ReportContactFactRequest::descriptor()) names = &contacts_;
  if (intent.request->GetDescriptor() == pr::CreateCustomerRequest::descriptor()) names = &customers_;
  if (names == nullptr || std::find(names->begin(), names->end(), answer->name()) != names->end()) return;
  names->push_back(answer->name());
}

std::vector<std::string> LinkWorkload::Check(const sim::States& states, absl::Time) const {
  std::vector<std::string> wrong;
  const auto say = [&](const std::string& stream, absl::string_view what) {
    wrong.push_back(absl::StrCat("M ", stream, " ", what));
  };
  std::map<std::string, pr::Customer> customers;
  std::map<std::string, pr::Link> links;
  std::map<std::string, uint64_t> contacts;  // of each customer
  states.ForEach(1, [&](const std::string& stream, const rows::StateValue& value) {
    if (absl::StartsWith(stream, "links/")) {
      if (!links[stream].ParseFromString(value.state)) say(stream, "cannot be parsed");
      if (!links[stream].customer().empty()) ++contacts[links[stream].customer()];
    } else if (!customers[stream].ParseFromString(value.state)) {
      say(stream, "cannot be parsed");
    }
  });
  for (const auto& [name, customer] : customers) {
    if (customer.contacts() != contacts[name]) {
      say(name, absl::StrCat("counts ", customer.contacts(), " contacts and has ", contacts[name]));
    }
    for (const std::string& link : customer.open_links()) {
      if (links[link].customer() != name || !links[link].open()) say(name, "tells a link that is not his or not open");
    }
  }
  for (const auto& [name, link] : links) {
    if (link.customer().empty()) continue;
    const auto of = customers.find(link.customer());
    if (of == customers.end()) {
      say(name, "belongs to a customer that there is not");
      continue;
    }
    const auto& told = of->second.open_links();
    if (link.open() != (std::find(told.begin(), told.end(), name) != told.end())) {
      say(name, "and its customer disagree on whether it is open");
    }
    if (link.card().customer() != link.customer()) say(name, "has no card of its customer");
    if (link.open() && link.card().class_() != of->second.details().class_()) say(name, "has an old card");
  }
  states.ForEach(0, [&](const std::string& stream, const rows::StateValue& value) {
    in::Contact contact;
    if (!absl::StartsWith(stream, "contacts/")) return;
    if (!contact.ParseFromString(value.state)) say(stream, "cannot be parsed");
    const pr::Link& link = links["links/" + NumberIn(stream)];
    if (contact.customer() != link.customer()) say(stream, "and its link disagree on whose it is");
    if (contact.card().SerializeAsString() != link.card().SerializeAsString())
      say(stream, "has another card than its link");
  });
  return wrong;
}

}  // namespace shoujie::testing
