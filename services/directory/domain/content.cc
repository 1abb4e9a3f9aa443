#include "services/directory/domain/content.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/directory/domain/merge.h"
#include "services/directory/domain/validate.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"

namespace shoujie::directory {

v1::Directory ContentOf(const v1::Directory& directory) {
  v1::Directory content = directory;
  content.clear_name();
  content.clear_etag();
  content.clear_version();
  content.clear_features();
  return content;
}

bool IsEnabled(const v1::Directory& state, absl::string_view feature) {
  return std::any_of(state.features().begin(), state.features().end(),
                     [&](const auto& one) { return one.name() == feature; });
}

absl::Status NothingPublished() {
  return Refused("NOTHING_PUBLISHED", "No directory version was published yet. Publish one first.",
                 "尚未发布任何参考数据版本。请先发布。");
}

absl::StatusOr<v1::Agent*> AgentIn(v1::Directory* content, const std::string& id) {
  if (v1::Agent* agent = FindAgent(content, id)) return agent;
  return NotFound(
      "AGENT_NOT_FOUND",
      "The directory has no agent with this job number. Check the number, or publish a version with the agent.",
      "参考数据中没有该工号的员工。请核对工号，或发布包含该员工的版本。", {{"agent", id}});
}

Decision<v1::Event> Publish(const v1::Directory& state, v1::Directory content, v1::Change change,
                            const std::string& subject, const std::string& note, const Context& context) {
  if (content.SerializeAsString() == ContentOf(state).SerializeAsString()) return std::vector<Decided<v1::Event>>{};
  if (auto status = StatusOf(Validate(content)); !status.ok()) return status;
  v1::Event event;
  auto* published = event.mutable_published();
  published->set_version(context.version + 1);
  *published->mutable_content() = std::move(content);
  published->set_change(change);
  published->set_subject(subject);
  if (!note.empty()) published->mutable_note()->set_plain(note);
  std::vector<Decided<v1::Event>> events;
  events.emplace_back(std::move(event));
  // Whoever begins anew begins with one build: there are no readers of before.
  if (context.version == 0) {
    for (const Feature& feature : kFeatures) {
      v1::Event enabled;
      enabled.mutable_feature_enabled()->set_feature(std::string(feature.name));
      events.emplace_back(std::move(enabled));
    }
  }
  return events;
}

}  // namespace shoujie::directory
