#include "services/directory/domain/domain.h"

#include <utility>
#include <vector>

#include "services/directory/domain/content.h"
#include "services/directory/domain/leave.h"
#include "services/directory/domain/merge.h"
#include "services/directory/domain/validate_playbooks.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/time.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/events.pb.h"

namespace shoujie::directory {
namespace {

using Events = Decision<v1::Event>;

constexpr char kStream[] = "directories/main";

// There is one directory, so a command need not name it.
template <typename Request>
absl::StatusOr<Address> Route(const Request& request) {
  if (!request.name().empty() && request.name() != kStream) {
    return NotFound("DIRECTORY_NOT_FOUND", "There is one directory, directories/main. Leave the name empty.",
                    "只有一个参考数据目录 directories/main。请将名称留空。");
  }
  return Address{.stream = kStream};
}

Decided<v1::Event> Enable(absl::string_view feature) {
  v1::Event event;
  event.mutable_feature_enabled()->set_feature(std::string(feature));
  return event;
}

// The next version, if it has no mistake and does nothing that has an act of its own. What is wrong in itself is said
// before what it must not change.
Events PublishVersion(const v1::Directory& state, const v1::Directory& content, v1::Change change,
                      const std::string& source, const std::string& note, bool removes_agents, const Context& context) {
  auto published = Publish(state, content, change, source, note, context);
  if (!published.ok()) return published;
  if (auto status = CheckPeople(state, content, removes_agents); !status.ok()) return status;
  if (auto status = CheckReviews(state, content, context.now); !status.ok()) return status;
  return published;
}

Events DecidePublish(const v1::Directory& state, const v1::PublishVersionRequest& request, const Context& context) {
  if (context.version > 0 && request.etag().empty()) {
    return Invalid("ETAG_REQUIRED",
                   "Say in etag from which version the content was drawn, so that nobody's changes are lost unseen.",
                   "请在 etag 中注明内容所依据的版本，以免覆盖他人的修改。");
  }
  return PublishVersion(state, ContentOf(request.content()), v1::CHANGE_PUBLISHED, "", request.note(),
                        request.removes_agents(), context);
}

Events DecideMerge(const v1::Directory& state, const v1::MergeVersionRequest& request, const Context& context) {
  if (context.version == 0) return NothingPublished();
  if (request.additions().has_policies() || !request.additions().sla_policies().empty() ||
      !request.additions().routing_rules().empty()) {
    return Invalid("POLICIES_NOT_MERGED",
                   "Policies and routing tables cannot be merged. Publish a version to change them.",
                   "规则和路由表不能合并。如需更改，请发布新版本。");
  }
  v1::Directory content = ContentOf(state);
  if (auto added = Merge(request.additions(), &content); !added.ok()) return added.status();
  const std::string source = request.additions().sources().empty() ? "" : request.additions().sources(0).id();
  return PublishVersion(state, content, v1::CHANGE_MERGED, source, request.note(), /*removes_agents=*/false, context);
}

// That every node can read it is asked before (Node::Execute): no rule of a domain knows nodes.
Events DecideEnableFeature(const v1::Directory& state, const v1::EnableFeatureRequest& request,
                           const Context& context) {
  if (context.version == 0) return NothingPublished();
  if (FindFeature(request.feature()) == nullptr) return FeatureUnknown(request.feature());
  if (IsEnabled(state, request.feature())) return std::vector<Decided<v1::Event>>{};
  return std::vector<Decided<v1::Event>>{Enable(request.feature())};
}

void Evolve(v1::Directory& state, const v1::Event& event, const EventContext& at) {
  const v1::Directory* content = event.has_published()         ? &event.published().content()
                                 : event.has_leave_announced() ? &event.leave_announced().content()
                                 : event.has_leave_completed() ? &event.leave_completed().content()
                                                               : nullptr;
  if (content != nullptr) {
    auto features = std::move(*state.mutable_features());
    state = *content;
    *state.mutable_features() = std::move(features);
  } else if (event.has_feature_enabled()) {
    auto* enabled = state.add_features();
    enabled->set_name(event.feature_enabled().feature());
    *enabled->mutable_enabled_at() = ToProto(at.recorded_at);
    enabled->set_enabled_by(std::string(at.principal));
    enabled->set_version(at.version);
  } else {
    return;
  }
  state.set_name(std::string(at.stream));
  state.set_version(at.version);
}

}  // namespace

ServiceDomain Domain() {
  auto directories = std::make_unique<TypedStream<v1::Directory, v1::Event>>("directories", &Evolve);
  directories->On<v1::PublishVersionRequest>(&Route<v1::PublishVersionRequest>, &DecidePublish)
      .On<v1::MergeVersionRequest>(&Route<v1::MergeVersionRequest>, &DecideMerge)
      .On<v1::DeactivateAgentRequest>(&Route<v1::DeactivateAgentRequest>, &DecideDeactivate)
      .On<v1::CompleteLeaveRequest>(&Route<v1::CompleteLeaveRequest>, &DecideCompleteLeave)
      .On<v1::ActivateAgentRequest>(&Route<v1::ActivateAgentRequest>, &DecideActivate)
      .On<v1::EnableFeatureRequest>(&Route<v1::EnableFeatureRequest>, &DecideEnableFeature);
  ServiceDomain domain;
  domain.name = "directory";
  domain.event = std::make_unique<v1::Event>();
  domain.streams.push_back(std::move(directories));
  domain.slotted = false;
  return domain;
}

}  // namespace shoujie::directory
