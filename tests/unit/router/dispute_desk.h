// A desk whose directory limits refusals, gives leaders time to rule, and says what stalls and what is ping-pong.
#pragma once

#include "services/router/domain/disputes.h"
#include "tests/unit/router/desk.h"

namespace shoujie::router {

// Two refusals or returns, four hours for a ruling, eight hours without a word, three hand-offs with nothing done.
inline directory::v1::Directory WithDisputes(directory::v1::Directory d) {
  d.add_features()->set_name(kDisputesFeature);
  auto& policies = *d.mutable_policies();
  policies.set_refusal_budget(2);
  policies.mutable_adjudication_window()->set_seconds(4 * 3600);
  policies.mutable_stall_after()->set_seconds(8 * 3600);
  policies.set_ping_pong_after(3);
  return d;
}
inline directory::v1::Directory DisputeDirectory() { return WithDisputes(SampleDirectory()); }

class DisputeDesk : public Desk {
 public:
  explicit DisputeDesk(directory::v1::Directory directory = DisputeDirectory()) : Desk(std::move(directory)) {}

  DisputeDesk& at(absl::Duration since_nine) {
    Desk::at(since_nine);
    return *this;
  }
  DisputeDesk& by(std::string agent) {
    Desk::by(std::move(agent));
    return *this;
  }
  DisputeDesk& by_operator() {
    Desk::by_operator();
    return *this;
  }
  DisputeDesk& Open(const std::string& owner = "1001", const std::string& site = "north") {
    Desk::Open(owner, site);
    return *this;
  }

  absl::Status Refuse(v1::HandoffReason reason = v1::HANDOFF_REASON_NOT_OUR_DUTY) {
    v1::RefuseHandoffRequest request;
    request.set_reason(reason);
    request.set_evidence("photo of the label");
    return Do(request);
  }
  absl::Status Return(v1::HandoffReason reason = v1::HANDOFF_REASON_NOT_OUR_DUTY) {
    v1::ReturnHandoffRequest request;
    request.set_reason(reason);
    request.set_evidence("measured, not ours");
    return Do(request);
  }
  absl::Status Progress() {
    v1::ReportProgressRequest request;
    request.set_text("part ordered");
    return Do(request);
  }
  absl::Status Ask(const std::string& proposed = "", v1::HandoffReason reason = v1::HANDOFF_REASON_NOT_OUR_DUTY) {
    v1::RequestAdjudicationRequest request;
    request.set_reason(reason);
    request.set_evidence("the contract, page 3");
    request.set_proposed(proposed);
    return Do(request);
  }
  // A ruling that begins a hand-off.
  absl::Status Rule(const std::string& department, absl::Duration deadline = absl::Hours(48)) {
    v1::AdjudicateRequest request;
    request.set_department(department);
    request.set_grounds("spare parts are its duty");
    request.set_gist("replace the part");
    *request.mutable_deadline() = ToProto(At(deadline));
    return Do(request);
  }
  // A ruling for who has the ticket.
  absl::Status Confirm(const std::string& department) {
    v1::AdjudicateRequest request;
    request.set_department(department);
    request.set_grounds("it sold the part");
    return Do(request);
  }
  absl::Status BackToOwner() {
    v1::AdjudicateRequest request;
    request.set_back_to_owner(true);
    request.set_grounds("the customer has to say more first");
    return Do(request);
  }

  // Offered to tech and refused, to the warehouse and refused: the budget is spent. An hour and a half after nine.
  DisputeDesk& Spent() {
    EXPECT_EQ(at(absl::Hours(1)).by("1001").Offer("tech"), absl::OkStatus());
    EXPECT_EQ(by("5001").Refuse(), absl::OkStatus());
    EXPECT_EQ(at(absl::Minutes(90)).by("1001").Offer("warehouse"), absl::OkStatus());
    EXPECT_EQ(by("5100").Refuse(), absl::OkStatus());
    return *this;
  }
  // The same, then offered to tech once more, which asks for a ruling at the second hour.
  DisputeDesk& InDispute() {
    Spent();
    EXPECT_EQ(by("1001").Offer("tech"), absl::OkStatus());
    EXPECT_EQ(at(absl::Hours(2)).by("5001").Ask("warehouse"), absl::OkStatus());
    return *this;
  }
};

inline std::string MetadataOf(const absl::Status& status, const std::string& key) {
  const auto detail = DetailOf(status);
  for (const auto& entry : detail.metadata()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

}  // namespace shoujie::router
