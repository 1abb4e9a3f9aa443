// A desk on which departments assist: what they are asked for and what they say.
#pragma once

#include "tests/unit/router/clock_desk.h"

namespace shoujie::router {

class AssistDesk : public ClockDesk {
 public:
  using ClockDesk::ClockDesk;

  AssistDesk& at(absl::Duration since_nine) {
    ClockDesk::at(since_nine);
    return *this;
  }
  AssistDesk& by(std::string agent) {
    ClockDesk::by(std::move(agent));
    return *this;
  }
  AssistDesk& Open() {
    ClockDesk::Open();
    return *this;
  }
  static v1::RequestAssistRequest Asking(const std::string& department, absl::Duration deadline = absl::Hours(24)) {
    v1::RequestAssistRequest request;
    request.set_department(department);
    *request.mutable_deadline() = ToProto(At(deadline));
    request.set_gist("is the part in stock?");
    return request;
  }
  absl::Status Ask(const std::string& department, absl::Duration deadline = absl::Hours(24)) {
    return Do(Asking(department, deadline));
  }
  absl::Status SignAssist(uint32_t assist = 0) {
    v1::SignAssistRequest request;
    request.set_assist(assist);
    return Do(request);
  }
  absl::Status RefuseAssist(const std::string& evidence = "not our part") {
    v1::RefuseAssistRequest request;
    request.set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
    request.set_evidence(evidence);
    return Do(request);
  }
  absl::Status Assisted(const std::string& result = "two in stock") {
    v1::CompleteAssistRequest request;
    request.set_result(result);
    return Do(request);
  }
  absl::Status WithdrawAssist(uint32_t assist = 0) {
    v1::WithdrawAssistRequest request;
    request.set_assist(assist);
    return Do(request);
  }
};

// The directory of clocks with as many more departments as one ticket may ask at once, "d1" …, and one for good
// measure.
inline directory::v1::Directory ManyDepartments(int count) {
  directory::v1::Directory d = ClockDirectory();
  for (int n = 1; n <= count; ++n) {
    auto& agent = *d.add_agents();
    agent.set_id(absl::StrCat(6000 + n));
    agent.set_site("north");
    agent.set_role(directory::v1::AGENT_ROLE_DEPARTMENT);
    auto& department = *d.add_departments();
    department.set_id(absl::StrCat("d", n));
    department.set_head(agent.id());
  }
  return d;
}

}  // namespace shoujie::router
