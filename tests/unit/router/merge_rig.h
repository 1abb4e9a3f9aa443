// Several tickets in slots of their own, and the messages between them: each pair's come in their order, when the test
// says so; what is declined is told to who had sent it, as the runtime does.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/router/domain/merge.h"
#include "tests/unit/router/assist_desk.h"

namespace shoujie::router {

class MergeRig {
 public:
  static std::string Name(uint64_t n) { return absl::StrCat("tickets/", Number{413, 200 + n}.ToString(), "-T1"); }

  // The ticket of this number; opened for 1001 unless said otherwise.
  AssistDesk& operator[](uint64_t n) {
    AssistDesk& desk = Of(Name(n));
    if (desk.version() == 0) desk.Open().by("1001").at(now_);
    return desk;
  }
  AssistDesk& OpenFor(uint64_t n, const std::string& owner, const std::string& site) {
    AssistDesk& desk = Of(Name(n));
    desk.Desk::Open(owner, site);
    return desk;
  }
  void at(absl::Duration since_nine) {
    now_ = since_nine;
    for (auto& [name, desk] : desks_) desk->at(now_);
  }

  absl::Status Merge(uint64_t n, const std::string& into, const std::string& note = "") {
    v1::MergeTicketRequest request;
    request.set_into(into);
    request.set_note(note);
    return Done(Name(n), (*this)[n].Do(request));
  }
  absl::Status Merge(uint64_t n, uint64_t into) {
    (void)(*this)[into];
    return Merge(n, Name(into));
  }
  absl::Status Unmerge(uint64_t n) { return Done(Name(n), (*this)[n].Do(v1::UnmergeTicketRequest())); }

  // Hands over the oldest letter of the `which`-th pair that has one; false: there is none.
  bool DeliverOne(size_t which = 0) {
    std::vector<Lane> lanes;
    for (const auto& [lane, letters] : letters_) {
      if (!letters.empty()) lanes.push_back(lane);
    }
    if (lanes.empty()) return false;
    const Lane lane = lanes[which % lanes.size()];
    const auto letter = letters_[lane].front();
    letters_[lane].pop_front();
    AssistDesk& desk = Of(lane.second);
    desk.by_system();
    const absl::Status status = Done(lane.second, Hand(desk, *letter));
    if (!status.ok()) {
      auto declined = std::make_shared<common::v1::MessageDeclined>();
      declined->set_name(lane.first);
      declined->set_to(lane.second);
      declined->set_type(letter->GetDescriptor()->full_name());
      declined->set_reason(ReasonOf(status));
      letters_[{lane.second, lane.first}].push_back(std::move(declined));
    }
    return true;
  }
  void Deliver() {
    while (DeliverOne()) {
    }
    for (auto& [name, desk] : desks_) desk->by("1001");
  }

  // At every instant: what is merged is known where it goes on, which is merged itself no more than it asks to be.
  void CheckInvariant() {
    for (const auto& [name, desk] : desks_) {
      if (!IsMerged(desk->ticket())) continue;
      const v1::Ticket& other = Of(desk->ticket().merge().into()).ticket();
      EXPECT_TRUE(Lists(other, name)) << name;
      EXPECT_FALSE(IsMerged(other) || IsMerging(other)) << name;
    }
  }
  // Once nothing is under way: nobody waits, and nobody is listed who is not merged.
  void CheckQuiet() {
    CheckInvariant();
    for (const auto& [name, desk] : desks_) {
      EXPECT_FALSE(IsMerging(desk->ticket())) << name;
      for (const auto& duplicate : desk->ticket().duplicates()) {
        const v1::Ticket& merged = Of(duplicate.ticket()).ticket();
        EXPECT_TRUE(IsMerged(merged) && merged.merge().into() == name) << name << " " << duplicate.ticket();
      }
    }
  }
  static bool Lists(const v1::Ticket& ticket, const std::string& duplicate) {
    return std::any_of(ticket.duplicates().begin(), ticket.duplicates().end(),
                       [&](const v1::Duplicate& listed) { return listed.ticket() == duplicate; });
  }

 private:
  using Lane = std::pair<std::string, std::string>;  // from, to

  AssistDesk& Of(const std::string& name) {
    auto& desk = desks_[name];
    if (!desk) {
      desk = std::make_unique<AssistDesk>(ClockDirectory(), name);
      desk->at(now_);
    }
    return *desk;
  }
  absl::Status Done(const std::string& name, absl::Status status) {
    for (auto& letter : Of(name).TakeSent()) {
      const auto* field = letter->GetDescriptor()->FindFieldByName("name");
      letters_[{name, letter->GetReflection()->GetString(*letter, field)}].push_back(letter);
    }
    return status;
  }
  static absl::Status Hand(AssistDesk& desk, const google::protobuf::Message& letter) {
    if (const auto* link = dynamic_cast<const v1::LinkDuplicateRequest*>(&letter)) return desk.Do(*link);
    if (const auto* unlink = dynamic_cast<const v1::UnlinkDuplicateRequest*>(&letter)) return desk.Do(*unlink);
    if (const auto* accept = dynamic_cast<const v1::AcceptMergeRequest*>(&letter)) return desk.Do(*accept);
    return desk.Do(static_cast<const common::v1::MessageDeclined&>(letter));
  }

  std::map<std::string, std::unique_ptr<AssistDesk>> desks_;
  std::map<Lane, std::deque<std::shared_ptr<const google::protobuf::Message>>> letters_;
  absl::Duration now_ = absl::Minutes(3);
};

}  // namespace shoujie::router
