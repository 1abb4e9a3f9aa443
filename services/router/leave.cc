#include "services/router/leave.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/ticket.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/reference.h"

namespace shoujie::router {

absl::Status CheckLeave(const v1::CheckLeaveRequest& request, v1::CheckLeaveResponse* response,
                        const QueryContext& context) {
  const auto* agent = context.reference.agent(request.agent());
  if (agent == nullptr) {
    return NotFound("AGENT_UNKNOWN", "The directory does not know this job number. Name somebody whom it knows.",
                    "目录中没有此工号，请填写目录中的人员。", {{"agent", request.agent()}});
  }
  response->set_agent(agent->id());
  response->set_left(agent->left());
  if (agent->has_leaving()) *response->mutable_leaving() = agent->leaving();
  response->set_leaving_version(agent->leaving_version());

  directory::v1::LeaveClearance clearance;
  clearance.set_agent(agent->id());
  clearance.set_leaving_version(agent->leaving_version());
  const auto partitions = context.rows.Partitions();
  response->set_partitions(static_cast<uint32_t>(partitions.size()));
  for (uint32_t p = 0; p < partitions.size(); ++p) {
    clearance.add_revisions(partitions[p].revision);
    if (partitions[p].adopted_version >= agent->leaving_version()) {
      response->set_adopted(response->adopted() + 1);
    } else {
      response->add_unadopted_partitions(p);
    }
  }
  context.rows.Scan(absl::StrCat("owner/", agent->id(), "/"), "",
                    [&](absl::string_view, const google::protobuf::Message& message) {
                      const auto& row = static_cast<const v1::TicketRow&>(message);
                      if (IsOver(row.state())) return true;
                      response->set_open_tickets(response->open_tickets() + 1);
                      const bool room = response->open_size() < static_cast<int>(limits::kPageSizeMax);
                      if (room) *response->add_open() = row;
                      return true;
                    });
  const bool announced = agent->has_leaving() && agent->leaving_version() > 0 && !agent->left();
  const bool known = response->adopted() == response->partitions() && response->partitions() > 0;
  if (!announced || !known || response->open_tickets() > 0 || !context.vouch) return absl::OkStatus();
  clearance.set_mark(context.vouch(StatementOf(clearance)));
  *response->mutable_clearance() = std::move(clearance);
  return absl::OkStatus();
}

}  // namespace shoujie::router
