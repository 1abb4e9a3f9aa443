#include "loadtest/switch/plan_ticket.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace shoujie::loadtest {
namespace {

namespace rv1 = router::v1;

struct Excuse {
  rv1::HandoffReason reason;
  const char* evidence;
};
const std::vector<Excuse> kExcuses = {
    {rv1::HANDOFF_REASON_NOT_OUR_DUTY, "出库照片显示外箱在出库前已破损，非安装或软件问题，应由仓储处理。"},
    {rv1::HANDOFF_REASON_NOT_OUR_DUTY, "远程诊断日志正常，序列号对应批次已由品管召回，不属本部门。"},
    {rv1::HANDOFF_REASON_INFORMATION_MISSING, "工单未附序列号和购买凭证，无法判断保修，请补充后再转。"},
    {rv1::HANDOFF_REASON_OTHER_REGION, "服务地址不在本网点辖区，附辖区划分表第三条。"},
};
const std::vector<Excuse> kReturns = {
    {rv1::HANDOFF_REASON_CANNOT_BE_DONE, "客户不同意上门时间，连续三次未能约定，附通话记录编号。"},
    {rv1::HANDOFF_REASON_ALREADY_SOLVED, "联系客户得知设备已自行恢复，附客户确认短信。"},
};

// Where matters of the category go by the directory, else the first department.
std::string DepartmentFor(const directory::v1::Directory& directory, const std::string& category) {
  for (const auto& department : directory.departments()) {
    for (const auto& accepted : department.categories()) {
      if (accepted == category) return department.id();
    }
  }
  for (const auto& department : directory.departments()) {
    for (const auto& accepted : department.categories()) {
      if (absl::StartsWith(category, accepted)) return department.id();
    }
  }
  return directory.departments(0).id();
}

class TicketPlanner {
 public:
  TicketPlanner(const directory::v1::Directory& directory, const Staff& staff, double brevity, Random* random)
      : directory_(directory), staff_(staff), brevity_(brevity), random_(random) {}

  HopPlan Hop(const std::string& department, HopEnd end) {
    HopPlan hop;
    hop.department = department;
    const auto& members = staff_.members(department);
    for (const auto& row : directory_.departments()) {
      if (row.id() == department) hop.member = row.head();
    }
    if (!members.empty()) hop.member = random_->Pick(members);
    hop.end = end;
    hop.answer = random_->Minutes(4, 40) / brevity_;
    hop.work = random_->Minutes(15, 150) / brevity_;
    hop.progress = random_->Percent(60);
    if (end == HopEnd::kRefuse || end == HopEnd::kReturn) {
      const Excuse& excuse = random_->Pick(end == HopEnd::kRefuse ? kExcuses : kReturns);
      hop.reason = excuse.reason;
      hop.evidence = excuse.evidence;
    }
    return hop;
  }

  // To whom it goes after "not ours": the department before in the directory's order.
  std::string NextTo(const std::string& department) {
    for (int i = 0; i < directory_.departments_size(); ++i) {
      if (directory_.departments(i).id() == department) {
        return directory_.departments((i + directory_.departments_size() - 1) % directory_.departments_size()).id();
      }
    }
    return department;
  }

  EpisodePlan Episode(std::string department, bool first) {
    EpisodePlan episode;
    if (first && random_->Percent(35)) {
      episode.hops.push_back(Hop(department, HopEnd::kRefuse));
      department = NextTo(department);
    }
    if (random_->Percent(10)) episode.hops.push_back(Hop(department, HopEnd::kReturn));
    const bool left = first && random_->Percent(12);
    episode.hops.push_back(Hop(department, left ? HopEnd::kLeave : HopEnd::kDone));
    episode.closes = !left && !random_->Percent(8);
    episode.close_after = random_->Minutes(3, 30) / brevity_;
    const int64_t roll = random_->Between(0, 99);
    episode.code = roll < 75   ? rv1::RESOLUTION_CODE_SOLVED
                   : roll < 88 ? rv1::RESOLUTION_CODE_ANSWERED
                   : roll < 96 ? rv1::RESOLUTION_CODE_WORKAROUND
                               : rv1::RESOLUTION_CODE_WITHDRAWN_BY_CUSTOMER;
    return episode;
  }

 private:
  const directory::v1::Directory& directory_;
  const Staff& staff_;
  const double brevity_;
  Random* const random_;
};

const char* NameOf(HopEnd end) {
  static constexpr const char* kNames[] = {"refuse", "done", "return", "leave"};
  return kNames[static_cast<int>(end)];
}

}  // namespace

TicketPlan PlanTicket(const directory::v1::Directory& directory, const Staff& staff, const ContactPlan& contact,
                      double brevity, Random* random) {
  TicketPlanner planner(directory, staff, brevity, random);
  TicketPlan plan;
  const std::string department = DepartmentFor(directory, contact.category);
  plan.episodes.push_back(planner.Episode(department, /*first=*/true));
  if (plan.episodes[0].closes && random->Percent(14)) {
    EpisodePlan again = planner.Episode(plan.episodes[0].hops.back().department, /*first=*/false);
    again.reopened_by = staff.Other(contact.site, {contact.agent}, random);
    if (again.reopened_by.empty()) again.reopened_by = contact.agent;
    again.reopened_after = random->Minutes(20, 120) / brevity;
    again.closes = true;
    plan.episodes.push_back(std::move(again));
  }
  if (!plan.episodes.back().closes && random->Percent(50)) {
    plan.handed_over_to = staff.Other(contact.site, {contact.agent}, random);
  }
  return plan;
}

std::string Describe(const TicketPlan& plan) {
  std::string text = "ticket[";
  for (const auto& episode : plan.episodes) {
    if (!episode.reopened_by.empty()) absl::StrAppend(&text, "reopened by ", episode.reopened_by, " ");
    for (const auto& hop : episode.hops) {
      absl::StrAppend(&text, hop.department, ":", hop.member, ":", NameOf(hop.end), "@",
                      absl::FormatDuration(hop.answer), "+", absl::FormatDuration(hop.work), " ");
    }
    absl::StrAppend(&text, episode.closes ? "closed " : "open ");
  }
  return absl::StrCat(text, plan.handed_over_to, "]");
}

}  // namespace shoujie::loadtest
