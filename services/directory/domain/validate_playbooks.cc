#include "services/directory/domain/validate_playbooks.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/directory/domain/limits.h"
#include "services/runtime/base/error.h"

namespace shoujie::directory {
namespace {

bool ReadDay(const std::string& text, absl::CivilDay* day) {
  return absl::ParseCivilTime(text, day) && absl::FormatCivilTime(*day) == text;
}

}  // namespace

void ValidatePlaybooks(const v1::Directory& directory, std::vector<Finding>* findings) {
  for (int i = 0; i < directory.playbooks_size(); ++i) {
    const v1::Playbook& playbook = directory.playbooks(i);
    const std::string path = absl::StrCat("playbooks[", i, "]");
    const auto steps = static_cast<size_t>(playbook.steps_size());
    if (steps == 0 || steps > kPlaybookStepsMax) {
      findings->push_back({"PLAYBOOK_STEPS", path + ".steps", playbook.id()});
    }
    for (int n = 0; n < playbook.steps_size(); ++n) {
      const v1::PlaybookStep& step = playbook.steps(n);
      const bool empty = step.text().empty() && step.text_zh().empty();
      if (empty || std::max(step.text().size(), step.text_zh().size()) > kPlaybookTextBytesMax) {
        findings->push_back({"PLAYBOOK_STEP", absl::StrCat(path, ".steps[", n, "]"), playbook.id()});
      }
    }
    absl::CivilDay day;
    if (!ReadDay(playbook.review_date(), &day)) {
      findings->push_back({"BAD_REVIEW_DATE", path + ".review_date", playbook.review_date()});
    }
  }
}

absl::Status CheckReviews(const v1::Directory& state, const v1::Directory& content, absl::Time now) {
  std::map<std::string, std::string> known;
  for (const auto& playbook : state.playbooks()) known[playbook.id()] = playbook.SerializeAsString();
  for (const auto& playbook : content.playbooks()) {
    const auto it = known.find(playbook.id());
    absl::CivilDay day;
    if (it != known.end() && it->second == playbook.SerializeAsString()) continue;
    if (playbook.owner().empty()) {
      return Invalid("PLAYBOOK_OWNER", "A playbook that is new or changed needs an owner who keeps it. Name an agent.",
                     "新增或修改的处理流程须有维护人。请指定一名员工。", {{"playbook", playbook.id()}});
    }
    if (!ReadDay(playbook.review_date(), &day)) continue;  // found by the validation
    // The day ends last twelve hours west of Greenwich.
    if (absl::FromCivil(day + 1, absl::UTCTimeZone()) + absl::Hours(12) > now) continue;
    return Invalid(
        "REVIEW_DATE_PASSED",
        "A playbook that is new or changed needs a review date that has not passed. Name the day on which its "
        "owner looks at it again.",
        "新增或修改的处理流程须有尚未过去的复审日期。请填写下次复审的日期。",
        {{"playbook", playbook.id()}, {"reviewDate", playbook.review_date()}});
  }
  return absl::OkStatus();
}

}  // namespace shoujie::directory
