#include "services/router/domain/proof_merge.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

template <typename... Parts>
absl::Status Broken(const v1::Ticket& ticket, const Parts&... parts) {
  return absl::DataLossError(absl::StrCat(ticket.name(), ": ", parts...));
}

// The last merge by itself.
absl::Status CheckLast(const v1::Ticket& ticket) {
  const auto& merge = ticket.merge();
  if (merge.state() == v1::MERGE_STATE_UNSPECIFIED || merge.number() == 0 || merge.by().empty()) {
    return Broken(ticket, "its merge is of no state, has no number, or nobody asked");
  }
  if (merge.into().empty() || merge.into() == ticket.name()) return Broken(ticket, "it is merged with itself");
  const bool merged = merge.state() == v1::MERGE_STATE_MERGED || merge.state() == v1::MERGE_STATE_UNMERGED;
  if (!merge.has_requested() || merge.has_merged() != merged ||
      merge.has_unmerged() != (merge.state() == v1::MERGE_STATE_UNMERGED)) {
    return Broken(ticket, "instants and state of its merge disagree");
  }
  if ((merge.has_merged() && FromProto(merge.merged()) < FromProto(merge.requested())) ||
      (merge.has_unmerged() && FromProto(merge.unmerged()) < FromProto(merge.merged()))) {
    return Broken(ticket, "instants of its merge are out of order");
  }
  if (merge.reason().empty() == (merge.state() == v1::MERGE_STATE_DECLINED)) {
    return Broken(ticket, "its merge is declined without a reason, or the other way about");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckMerge(const v1::Ticket& ticket) {
  const auto* running = RunningCustody(ticket);
  const bool held = running != nullptr && running->kind() == v1::CUSTODY_KIND_MERGED;
  if (IsMerged(ticket) != held || IsMerged(ticket) != (ticket.merge().state() == v1::MERGE_STATE_MERGED)) {
    return Broken(ticket, "state, custody and merge disagree on whether it is merged");
  }
  if (ticket.has_merge()) {
    if (auto status = CheckLast(ticket); !status.ok()) return status;
  }
  if (IsMerged(ticket) || IsMerging(ticket)) {
    const bool assisted = std::any_of(ticket.assists().begin(), ticket.assists().end(),
                                      [](const v1::Assist& assist) { return IsOpen(assist); });
    if (ActiveHandoff(ticket) != nullptr || assisted || IsOver(ticket)) {
      return Broken(ticket, "it is merged while a department has it or assists, or although it is closed");
    }
    if (IsMerged(ticket) && ticket.has_awaiting_since()) return Broken(ticket, "it is merged and awaits the customer");
    if (!ticket.duplicates().empty()) return Broken(ticket, "it is merged and has duplicates itself");
  }
  std::set<std::string> duplicates;
  for (const auto& duplicate : ticket.duplicates()) {
    if (duplicate.ticket().empty() || duplicate.ticket() == ticket.name() ||
        !duplicates.insert(duplicate.ticket()).second) {
      return Broken(ticket, "a duplicate is nobody, itself or listed twice");
    }
  }
  if (duplicates.size() > static_cast<size_t>(kDuplicatesMax)) return Broken(ticket, "it has too many duplicates");
  uint32_t times = 0;
  for (const auto& episode : ticket.episodes()) {
    for (const auto& interval : episode.custody()) times += interval.kind() == v1::CUSTODY_KIND_MERGED;
  }
  if (times > ticket.merge().number()) return Broken(ticket, "it was held as merged more often than it was merged");
  return absl::OkStatus();
}

}  // namespace shoujie::router
