#include "tests/support/desk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "desk.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/reference.h"

namespace shoujie::testing {
namespace {

using google::protobuf::util::TimeUtil;

constexpr uint32_t kRemindersMax = 3;

google::protobuf::Timestamp Stamp(absl::Time t) { return TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(t)); }
absl::Time TimeOf(const google::protobuf::Timestamp& t) {
  return absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(t));
}
std::vector<Decided<DeskEvent>> One(DeskEvent event) {
  std::vector<Decided<DeskEvent>> events;
  events.emplace_back(std::move(event));
  return events;
}
absl::Status Missing() { return NotFound("CASE_UNKNOWN", "There is no such case.", "没有该事项。"); }

absl::StatusOr<Address> RouteOpen(const OpenCaseRequest& request) {
  return Address{.slot_key = request.phone(), .key = UniqueKey{"phone", request.phone()}, .may_create = true};
}
Decision<DeskEvent> DecideOpen(const Case&, const OpenCaseRequest& request, const Context& context) {
  if (context.version > 0) return std::vector<Decided<DeskEvent>>{};
  DeskEvent event;
  CaseOpened& opened = *event.mutable_case_opened();
  opened.mutable_phone()->set_plain(request.phone());
  opened.set_owner(request.owner());
  if (!request.text().empty()) opened.mutable_text()->set_plain(request.text());
  if (request.has_remind_in()) {
    *opened.mutable_remind_at() =
        Stamp(context.now + absl::Milliseconds(TimeUtil::DurationToMilliseconds(request.remind_in())));
  }
  opened.set_directory(context.reference.version());
  return One(std::move(event));
}

Decision<DeskEvent> DecideAdd(const Case&, const AddRequest& request, const Context& context) {
  if (context.version == 0) return Missing();
  if (request.amount() < 0) return Refused("AMOUNT_NEGATIVE", "The amount is negative.", "数量为负。");
  if (request.amount() == 0) return std::vector<Decided<DeskEvent>>{};
  DeskEvent event;
  if (request.amount() > kLargeAbove) {
    event.mutable_large_added()->set_amount(request.amount());
  } else {
    event.mutable_added()->set_amount(request.amount());
  }
  return One(std::move(event));
}

Decision<DeskEvent> DecideHand(const Case& state, const HandRequest& request, const Context& context) {
  if (context.version == 0) return Missing();
  if (request.to().empty()) return Refused("OWNER_EMPTY", "Say to whom.", "请指明接手人。");
  if (request.to() == state.owner()) return std::vector<Decided<DeskEvent>>{};
  DeskEvent event;
  event.mutable_owner_changed()->set_from(state.owner());
  event.mutable_owner_changed()->set_to(request.to());
  return One(std::move(event));
}

Decision<DeskEvent> DecideTimer(const Case& state, const common::v1::TimerFired& fired, const Context& context) {
  if (fired.attempt() != state.reminded() + 1 || !state.has_remind_at()) return std::vector<Decided<DeskEvent>>{};
  DeskEvent event;
  event.mutable_reminded()->set_attempt(fired.attempt());
  if (fired.attempt() < kRemindersMax) *event.mutable_reminded()->mutable_next() = Stamp(context.now + absl::Hours(1));
  return One(std::move(event));
}

absl::StatusOr<Address> RouteFacts(const RecordCaseFactsRequest& request) {
  return Address{.slot_key = request.phone(), .key = UniqueKey{"phone", request.phone()}, .may_create = true};
}
Decision<DeskEvent> DecideFacts(const Case& state, const RecordCaseFactsRequest& request, const Context& context) {
  std::vector<Decided<DeskEvent>> events;
  uint64_t last = state.last_fact();
  uint32_t recorded = 0;
  for (const CaseFact& fact : request.facts()) {
    if (fact.number() <= last) continue;
    last = fact.number();
    ++recorded;
    const absl::Time at = TimeOf(fact.occurred_at());
    if (context.version == 0 && events.empty()) {
      DeskEvent opened;
      opened.mutable_case_opened()->mutable_phone()->set_plain(request.phone());
      opened.mutable_case_opened()->set_owner("history");
      *opened.mutable_case_opened()->mutable_remind_at() = Stamp(at + absl::Hours(1));
      events.emplace_back(std::move(opened), at);
    }
    DeskEvent event;
    event.mutable_added()->set_amount(fact.amount());
    event.mutable_added()->set_number(fact.number());
    events.emplace_back(std::move(event), at);
  }
  if (recorded == 0) return events;
  DeskEvent counts;
  counts.mutable_facts_recorded()->set_recorded(recorded);
  counts.mutable_facts_recorded()->set_repeated(static_cast<uint32_t>(request.facts_size()) - recorded);
  events.emplace_back(std::move(counts));
  return events;
}

void EvolveCase(Case& state, const DeskEvent& event, const EventContext& at) {
  const auto new_owner = [&](const std::string& owner) {
    if (state.owners_size() > 0) *state.mutable_owners(state.owners_size() - 1)->mutable_to() = Stamp(at.effective_at);
    auto* link = state.add_owners();
    link->set_owner(owner);
    *link->mutable_from() = Stamp(at.effective_at);
    state.set_owner(owner);
  };
  switch (event.event_case()) {
    case DeskEvent::kCaseOpened:
      state.set_name(std::string(at.stream));
      new_owner(event.case_opened().owner());
      if (event.case_opened().has_text()) *state.mutable_text() = event.case_opened().text();
      if (event.case_opened().has_remind_at()) *state.mutable_remind_at() = event.case_opened().remind_at();
      break;
    case DeskEvent::kAdded:
      state.set_total(state.total() + event.added().amount());
      state.set_last_fact(std::max<uint64_t>(state.last_fact(), event.added().number()));
      break;
    case DeskEvent::kLargeAdded:
      state.set_total(state.total() + event.large_added().amount());
      break;
    case DeskEvent::kOwnerChanged:
      new_owner(event.owner_changed().to());
      break;
    case DeskEvent::kReminded:
      state.set_reminded(event.reminded().attempt());
      if (event.reminded().has_next()) {
        *state.mutable_remind_at() = event.reminded().next();
      } else {
        state.clear_remind_at();
      }
      break;
    case DeskEvent::kFactsRecorded:
    case DeskEvent::kAddedCents:  // never comes here: see Upcast
    case DeskEvent::EVENT_NOT_SET:
      break;
  }
}

void Upcast(google::protobuf::Message& message) {
  auto& event = static_cast<DeskEvent&>(message);
  if (!event.has_added_cents()) return;
  const int64_t cents = event.added_cents().cents();
  event.mutable_added()->set_amount(cents / 100);
}

void EvolveForgetful(Case& state, const DeskEvent& event, const EventContext& at) {
  EvolveCase(state, event, at);
  if (event.has_owner_changed()) state.clear_owner();
}

std::vector<Timer> CaseTimers(const Case& state) {
  if (!state.has_remind_at()) return {};
  return {Timer{"remind", TimeOf(state.remind_at()), state.reminded() + 1}};
}

std::vector<UniqueKey> CaseKeys(const DeskEvent& event) {
  if (!event.has_case_opened()) return {};
  return {UniqueKey{"phone", event.case_opened().phone().plain()}};
}

// The entry of a case carries its number.
std::string EntryOf(absl::string_view stream) { return absl::StrCat("entries/", stream.substr(stream.find('/') + 1)); }

std::vector<std::unique_ptr<google::protobuf::Message>> ReactToDesk(const ForeignEvent& foreign) {
  const auto& event = static_cast<const DeskEvent&>(foreign.event);
  std::vector<std::unique_ptr<google::protobuf::Message>> commands;
  if (event.has_case_opened() && event.case_opened().has_text()) {
    auto enter = std::make_unique<EnterRequest>();
    enter->set_name(EntryOf(foreign.at.stream));
    *enter->mutable_text() = event.case_opened().text();
    commands.push_back(std::move(enter));
  }
  if (event.has_added() || event.has_large_added()) {
    auto enter = std::make_unique<EnterRequest>();
    enter->set_name(EntryOf(foreign.at.stream));
    enter->set_amount(event.has_added() ? event.added().amount() : event.large_added().amount());
    commands.push_back(std::move(enter));
  }
  return commands;
}

Decision<BookEvent> DecideEnter(const Entry&, const EnterRequest& request, const Context&) {
  if (request.amount() % 100 == 13) return Refused("UNLUCKY", "The book does not take 13.", "账簿不接受 13。");
  BookEvent event;
  event.mutable_entered()->set_amount(request.amount());
  if (request.has_text()) *event.mutable_entered()->mutable_text() = request.text();
  std::vector<Decided<BookEvent>> events;
  events.emplace_back(std::move(event));
  return events;
}

void EvolveEntry(Entry& state, const BookEvent& event, const EventContext& at) {
  if (!event.has_entered()) return;
  state.set_name(std::string(at.stream));
  state.set_total(state.total() + event.entered().amount());
  state.set_entries(state.entries() + 1);
  if (event.entered().has_text()) *state.mutable_text() = event.entered().text();
}

}  // namespace

ServiceDomain DeskDomain(bool forget_owner) {
  auto cases = std::make_unique<TypedStream<Case, DeskEvent>>("cases", forget_owner ? &EvolveForgetful : &EvolveCase,
                                                              &CaseTimers, &CaseKeys);
  cases->On<OpenCaseRequest>(&RouteOpen, &DecideOpen)
      .On<AddRequest>(&ToNamed<AddRequest>, &DecideAdd)
      .On<HandRequest>(&ToNamed<HandRequest>, &DecideHand)
      .On<RecordCaseFactsRequest>(&RouteFacts, &DecideFacts)
      .On<common::v1::TimerFired>(&ToNamed<common::v1::TimerFired>, &DecideTimer);
  ServiceDomain domain;
  domain.name = "desk";
  domain.event = std::make_unique<DeskEvent>();
  domain.upcast = &Upcast;
  domain.streams.push_back(std::move(cases));
  domain.numbering = Numbering::kMatter;
  domain.numbered_collection = "cases";
  return domain;
}

ServiceDomain BookDomain() {
  auto entries = std::make_unique<TypedStream<Entry, BookEvent>>("entries", &EvolveEntry);
  entries->On<EnterRequest>(&ToNamed<EnterRequest>, &DecideEnter);
  ServiceDomain domain;
  domain.name = "book";
  domain.event = std::make_unique<BookEvent>();
  domain.streams.push_back(std::move(entries));
  domain.reactions.push_back(
      {"desk",
       std::make_shared<DeskEvent>(),
       &ReactToDesk,
       {DeskEvent::kCaseOpened, DeskEvent::kAdded, DeskEvent::kAddedCents, DeskEvent::kLargeAdded},
       &Upcast});
  return domain;
}

}  // namespace shoujie::testing
