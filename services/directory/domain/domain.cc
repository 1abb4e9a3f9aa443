#include "services/directory/domain/domain.h"

#include <vector>

#include "services/directory/domain/merge.h"
#include "services/directory/domain/validate.h"
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

// What is compared and recorded: the content, without what the runtime, the version number and enabled features add.
v1::Directory ContentOf(const v1::Directory& directory) {
  v1::Directory content = directory;
  content.clear_name();
  content.clear_etag();
  content.clear_version();
  content.clear_features();
  return content;
}

Decided<v1::Event> Enable(absl::string_view feature) {
  v1::Event event;
  event.mutable_feature_enabled()->set_feature(std::string(feature));
  return event;
}

Events Publish(const v1::Directory& state, v1::Directory content, v1::Change change, const std::string& subject,
               const std::string& note, const Context& context) {
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
    for (const Feature& feature : kFeatures) events.push_back(Enable(feature.name));
  }
  return events;
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

Events DecidePublish(const v1::Directory& state, const v1::PublishVersionRequest& request, const Context& context) {
  if (context.version > 0 && request.etag().empty()) {
    return Invalid("ETAG_REQUIRED",
                   "Say in etag from which version the content was drawn, so that nobody's changes are lost unseen.",
                   "请在 etag 中注明内容所依据的版本，以免覆盖他人的修改。");
  }
  return Publish(state, ContentOf(request.content()), v1::CHANGE_PUBLISHED, "", request.note(), context);
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
  return Publish(state, std::move(content), v1::CHANGE_MERGED, source, request.note(), context);
}

Events DecideDeactivate(const v1::Directory& state, const v1::DeactivateAgentRequest& request, const Context& context) {
  if (context.version == 0) return NothingPublished();
  v1::Directory content = ContentOf(state);
  auto agent = AgentIn(&content, request.agent());
  if (!agent.ok()) return agent.status();
  if ((*agent)->left()) return std::vector<Decided<v1::Event>>{};
  if (!request.successor().empty()) {
    auto successor = AgentIn(&content, request.successor());
    if (!successor.ok()) return successor.status();
    if ((*successor)->left() || request.successor() == request.agent()) {
      return Refused("SUCCESSOR_UNFIT", "The successor has left or is the agent himself. Name another agent.",
                     "接任者已离职或即为本人。请指定其他员工。", {{"successor", request.successor()}});
    }
  } else {
    const auto refuse = [&](const std::string& kind, const std::string& id) {
      return Refused("AGENT_IS_HEAD", "The agent is the head of a site or department. Name a successor.",
                     "该员工是站点或部门负责人。请指定接任者。", {{"agent", request.agent()}, {kind, id}});
    };
    for (const auto& site : content.sites()) {
      if (site.head() == request.agent()) return refuse("site", site.id());
    }
    for (const auto& department : content.departments()) {
      if (department.head() == request.agent()) return refuse("department", department.id());
    }
  }
  (*agent)->set_left(true);
  HandPostsOver(request.agent(), request.successor(), &content);
  for (const auto& roster : content.rosters()) {
    if (!roster.people().empty()) continue;
    return Refused("AGENT_ALONE_ON_DUTY",
                   "The agent is the only one on a roster. Name a successor of its department, or publish another "
                   "roster first.",
                   "该员工是值班表上的唯一人员。请指定该部门的接任者，或先发布新的值班表。",
                   {{"agent", request.agent()}, {"roster", roster.id()}});
  }
  return Publish(state, std::move(content), v1::CHANGE_DEACTIVATED, request.agent(), request.reason(), context);
}

Events DecideActivate(const v1::Directory& state, const v1::ActivateAgentRequest& request, const Context& context) {
  if (context.version == 0) return NothingPublished();
  v1::Directory content = ContentOf(state);
  auto agent = AgentIn(&content, request.agent());
  if (!agent.ok()) return agent.status();
  (*agent)->set_left(false);
  return Publish(state, std::move(content), v1::CHANGE_ACTIVATED, request.agent(), request.reason(), context);
}

// That every node can read it is asked before (Node::Execute): no rule of a domain knows nodes.
Events DecideEnableFeature(const v1::Directory& state, const v1::EnableFeatureRequest& request,
                           const Context& context) {
  if (FindFeature(request.feature()) == nullptr) return FeatureUnknown(request.feature());
  if (context.version == 0) return NothingPublished();
  for (const auto& enabled : state.features()) {
    if (enabled.name() == request.feature()) return std::vector<Decided<v1::Event>>{};
  }
  return std::vector<Decided<v1::Event>>{Enable(request.feature())};
}

void Evolve(v1::Directory& state, const v1::Event& event, const EventContext& at) {
  if (event.has_published()) {
    auto features = std::move(*state.mutable_features());
    state = event.published().content();
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
