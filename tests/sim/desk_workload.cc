#include "tests/sim/desk_workload.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "desk.pb.h"
#include "google/protobuf/util/time_util.h"

namespace shoujie::testing {

using google::protobuf::util::TimeUtil;

// The first directory is one of before the feature; whenever another is published, it has been enabled.
directory::v1::Directory DeskWorkload::Directory(sim::Random&) {
  directory::v1::Directory directory;
  if (directories_++ > 0) directory.add_features()->set_name(kLargeAmounts);
  return directory;
}

sim::Intent DeskWorkload::Next(sim::Random& random, absl::Time) {
  sim::Intent intent;
  intent.principal = {absl::StrCat("agents/", 1001 + random.Below(4)), static_cast<uint32_t>(Right::kAgent)};
  const uint64_t x = random.Below(100);
  if (cases_.empty() || x < 30) {
    auto open = std::make_unique<OpenCaseRequest>();
    open->set_phone(absl::StrCat("+86 10 ", random.Below(40)));
    open->set_owner(absl::StrCat(1001 + random.Below(4)));
    if (random.Chance(500)) open->set_text(absl::StrCat("text ", random.Below(1000)));
    if (random.Chance(500))
      *open->mutable_remind_in() = TimeUtil::MillisecondsToDuration(static_cast<int64_t>(random.Below(20'000)));
    intent.request = std::move(open);
  } else if (x < 75) {
    auto add = std::make_unique<AddRequest>();
    add->set_name(random.Pick(cases_));
    add->set_amount(static_cast<int64_t>(random.Below(150)) - 3);
    if (random.Chance(100)) add->set_etag(absl::StrCat(random.Between(1, 6)));
    intent.request = std::move(add);
  } else {
    auto hand = std::make_unique<HandRequest>();
    hand->set_name(random.Pick(cases_));
    hand->set_to(absl::StrCat(1001 + random.Below(4)));
    intent.request = std::move(hand);
  }
  return intent;
}

void DeskWorkload::Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) {
  if (answer.ok() && intent.request->GetDescriptor() == OpenCaseRequest::descriptor()) cases_.push_back(answer->name());
}

std::vector<std::string> DeskWorkload::Check(const sim::States& states, absl::Time) const {
  std::vector<std::string> wrong;
  std::map<std::string, int64_t> entered;
  states.ForEach(1, [&](const std::string& stream, const rows::StateValue& value) {
    Entry entry;
    if (!entry.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    entered[stream.substr(8)] = entry.total();
  });
  states.ForEach(0, [&](const std::string& stream, const rows::StateValue& value) {
    Case c;
    if (!c.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    // One owner at every instant (I11).
    for (int i = 0; i < c.owners_size(); ++i) {
      const bool last = i + 1 == c.owners_size();
      if (c.owners(i).owner().empty() || c.owners(i).has_to() == last ||
          (!last && TimeUtil::TimestampToMilliseconds(c.owners(i).to()) !=
                        TimeUtil::TimestampToMilliseconds(c.owners(i + 1).from()))) {
        wrong.push_back(absl::StrCat("I11 ownership of ", stream, " has a gap at link ", i));
      }
    }
    if (c.owners_size() == 0 || c.owners(c.owners_size() - 1).owner() != c.owner()) {
      wrong.push_back(absl::StrCat("I11 ", stream, " has no accountable owner"));
    }
    // The book may lack what it declined, never have more.
    if (entered[stream.substr(6)] > c.total()) wrong.push_back(absl::StrCat("I10 the book has more than ", stream));
  });
  return wrong;
}

}  // namespace shoujie::testing
