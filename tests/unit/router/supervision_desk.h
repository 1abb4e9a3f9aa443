// A desk whose directory says how supervision goes: an answer within eight hours, one that begins by itself after two
// written notices or two breached clocks, a public notice after five working days of the office (clock_desk.h), and
// priorities 1 and 2 ahead of the rest.
#pragma once

#include "services/router/domain/supervision.h"
#include "tests/unit/router/clock_desk.h"

namespace shoujie::router {

inline directory::v1::Directory SupervisionDirectory() {
  auto d = ClockDirectory();
  for (const char* feature : {"supervision", "fast-lane", "urging"}) d.add_features()->set_name(feature);
  auto& policies = *d.mutable_policies();
  policies.mutable_supervision_answer_within()->set_seconds(8 * 3600);
  policies.set_supervise_after_notices(2);
  policies.set_supervise_after_breaches(2);
  policies.set_public_notice_after_days(5);
  policies.set_fast_lane_priority(2);
  return d;
}
// The same without clocks, so that nothing but what a test does happens.
inline directory::v1::Directory SupervisionWithoutClocks() {
  auto d = SupervisionDirectory();
  d.clear_sla_policies();
  return d;
}

class SupervisionDesk : public ClockDesk {
 public:
  explicit SupervisionDesk(directory::v1::Directory directory = SupervisionWithoutClocks())
      : ClockDesk(std::move(directory)) {}

  SupervisionDesk& at(absl::Duration since_nine) {
    Desk::at(since_nine);
    return *this;
  }
  SupervisionDesk& by(std::string agent) {
    Desk::by(std::move(agent));
    return *this;
  }
  SupervisionDesk& by_operator() {
    Desk::by_operator();
    return *this;
  }
  SupervisionDesk& Open() {
    Desk::Open();
    return *this;
  }
  // With tech, and under the supervision of 2001 until it says by the fourth hour what it did.
  SupervisionDesk& Supervised() {
    Open().at(absl::Hours(1)).by("1001");
    EXPECT_EQ(Offer("tech", absl::Hours(500)), absl::OkStatus());
    EXPECT_EQ(at(absl::Hours(2)).by("2001").Supervise("", absl::Hours(4)), absl::OkStatus());
    return *this;
  }
  // `deadline` zero: the directory's.
  absl::Status Supervise(const std::string& supervisor = "", absl::Duration deadline = absl::ZeroDuration(),
                         bool handoff_only = false) {
    v1::SuperviseTicketRequest request;
    request.set_reason("third complaint of the street");
    request.set_supervisor(supervisor);
    if (deadline != absl::ZeroDuration()) *request.mutable_deadline() = ToProto(At(deadline));
    request.set_handoff_only(handoff_only);
    return Do(request);
  }
  absl::Status Answer(const std::string& text = "the part is ordered") {
    v1::AnswerSupervisionRequest request;
    request.set_text(text);
    return Do(request);
  }
  absl::Status Lift(const std::string& finding = "repaired, the customer confirms") {
    v1::LiftSupervisionRequest request;
    request.set_finding(finding);
    return Do(request);
  }
  absl::Status Urge() {
    v1::UrgeTicketRequest request;
    request.set_reason("the customer called again");
    return Do(request);
  }
  absl::Status Prioritize(uint32_t priority, const std::string& reason = "water runs into the flat below") {
    v1::PrioritizeTicketRequest request;
    request.set_priority(priority);
    request.set_reason(reason);
    return Do(request);
  }
  const v1::Supervision& last() const {
    static const v1::Supervision none;
    return ticket().supervisions().empty() ? none : *ticket().supervisions().rbegin();
  }
  std::vector<std::string> TimerNames() const {
    std::vector<std::string> names;
    for (const auto& timer : timers()) names.push_back(timer.name);
    return names;
  }
};

}  // namespace shoujie::router
