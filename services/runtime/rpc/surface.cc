#include "services/runtime/rpc/surface.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "shoujie/common/v1/batch.pb.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie::rpc {
namespace {

Right RightOf(common::v1::Access access) {
  switch (access) {
    case common::v1::ACCESS_AGENT:
      return Right::kAgent;
    case common::v1::ACCESS_FACTS:
      return Right::kFacts;
    case common::v1::ACCESS_ORDERS:
      return Right::kOrders;
    case common::v1::ACCESS_PUBLISH:
      return Right::kPublish;
    case common::v1::ACCESS_READ:
      return Right::kRead;
    case common::v1::ACCESS_OPERATE:
      return Right::kOperate;
    default:
      return Right::kSystem;
  }
}

absl::Status Misfit(const google::protobuf::MethodDescriptor& method, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("method ", method.full_name(), " ", what));
}

// What every service descriptor's methods have in common.
absl::StatusOr<std::unique_ptr<Method>> Common(const google::protobuf::MethodDescriptor& descriptor) {
  auto method = std::make_unique<Method>();
  method->descriptor = &descriptor;
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  method->request = factory->GetPrototype(descriptor.input_type());
  method->response = factory->GetPrototype(descriptor.output_type());
  method->path = absl::StrCat("/", descriptor.service()->full_name(), "/", descriptor.name());
  method->access = descriptor.options().GetExtension(common::v1::access);
  if (method->access == common::v1::ACCESS_UNSPECIFIED) return Misfit(descriptor, "has no (shoujie.common.v1.access)");
  if (descriptor.client_streaming()) return Misfit(descriptor, "takes a stream");
  return method;
}

// Of what the service publishes: events and the token to go on from.
absl::Status BindWatch(const ServiceModule& module, Method* method) {
  const auto& descriptor = *method->descriptor;
  const auto watch = std::find_if(module.watches.begin(), module.watches.end(),
                                  [&](const Watch& one) { return one.method == descriptor.name(); });
  if (watch == module.watches.end()) return Misfit(descriptor, "streams what nothing answers");
  const auto* events = descriptor.output_type()->FindFieldByName("events");
  const auto* token = descriptor.output_type()->FindFieldByName("resume_token");
  if (module.domain.feed == nullptr || events == nullptr || !events->is_repeated() ||
      events->message_type() != module.domain.feed->event() || token == nullptr || token->is_repeated() ||
      token->type() != google::protobuf::FieldDescriptor::TYPE_STRING) {
    return Misfit(descriptor, "does not answer the published events with a resume_token");
  }
  method->kind = Method::Kind::kStream;
  method->open = [&module, &watch = *watch](Backend& backend, const google::protobuf::Message& request,
                                            const Principal& principal, WakeStream wake) {
    return backend.Open(module, watch, request, principal, std::move(wake));
  };
  return absl::OkStatus();
}

absl::Status BindToModule(const ServiceModule& module, Method* method) {
  const auto& descriptor = *method->descriptor;
  method->module = &module;
  if (descriptor.server_streaming()) return BindWatch(module, method);
  const auto query = std::find_if(module.queries.begin(), module.queries.end(),
                                  [&](const Query& one) { return one.method == descriptor.name(); });
  if (query != module.queries.end()) method->query = &*query;
  const auto handles = [&](const auto& stream) {
    const auto commands = stream->commands();
    return std::find(commands.begin(), commands.end(), descriptor.input_type()) != commands.end();
  };
  if (std::any_of(module.domain.streams.begin(), module.domain.streams.end(), handles)) {
    method->kind = method->query == nullptr ? Method::Kind::kCommand : Method::Kind::kTracedQuery;
    const bool replies = descriptor.output_type() == common::v1::CommandReply::descriptor();
    if (replies == (method->query == nullptr)) return absl::OkStatus();
    return Misfit(descriptor, "takes a command, and answers neither CommandReply nor what a query does");
  }
  if (method->query != nullptr) {
    method->kind = Method::Kind::kQuery;
    return absl::OkStatus();
  }
  if (descriptor.input_type() == common::v1::GetRequest::descriptor()) {
    method->kind = Method::Kind::kGet;
    const auto holds = [&](const auto& stream) {
      return stream->NewState()->GetDescriptor() == descriptor.output_type();
    };
    if (std::any_of(module.domain.streams.begin(), module.domain.streams.end(), holds)) return absl::OkStatus();
    return Misfit(descriptor, "gets what is no state of the service");
  }
  if (descriptor.input_type() == common::v1::ListHistoryRequest::descriptor()) {
    method->kind = Method::Kind::kHistory;
    if (descriptor.output_type() == common::v1::ListHistoryResponse::descriptor()) return absl::OkStatus();
    return Misfit(descriptor, "takes a ListHistoryRequest but does not answer ListHistoryResponse");
  }
  return Misfit(descriptor, "is neither command, query, Get nor ListHistory");
}

}  // namespace

absl::Status Method::CheckAccess(const Principal& principal) const {
  if (access == common::v1::ACCESS_ANYONE) return absl::OkStatus();
  const Right right = RightOf(access);
  // No token of a client gives the runtime's own right: only nodes of the cluster have it (rpc/call.cc).
  if (principal.Has(right)) return absl::OkStatus();
  const auto name = right == Right::kSystem ? absl::string_view("system") : RightName(right);
  return Denied(
      "ACCESS_DENIED",
      absl::StrCat("The token lacks the right \"", name, "\" that ", descriptor->name(),
                   " needs. Ask an operator for a token with it."),
      absl::StrCat("令牌缺少 ", descriptor->name(), " 所需的权限“", name, "”。请向管理员申请具有该权限的令牌。"),
      {{"right", name}, {"method", descriptor->full_name()}, {"principal", principal.id}});
}

absl::StatusOr<std::vector<std::unique_ptr<Method>>> BindMethods(const std::vector<const ServiceModule*>& modules,
                                                                 const std::vector<MountedService>& mounted) {
  std::vector<std::unique_ptr<Method>> methods;
  std::set<std::string> services;
  const auto once = [&](const google::protobuf::ServiceDescriptor& service) {
    if (services.insert(service.full_name()).second) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("service ", service.full_name(), " is mounted twice"));
  };
  for (const auto* module : modules) {
    for (const auto* service : module->rpc) {
      if (auto status = once(*service); !status.ok()) return status;
      for (int i = 0; i < service->method_count(); ++i) {
        auto method = Common(*service->method(i));
        if (!method.ok()) return method.status();
        if (auto status = BindToModule(*module, method->get()); !status.ok()) return status;
        methods.push_back(*std::move(method));
      }
    }
  }
  auto batch =
      Common(*common::v1::ExecuteBatchRequest::descriptor()->file()->FindServiceByName("BatchService")->method(0));
  if (!batch.ok()) return batch.status();
  (*batch)->kind = Method::Kind::kBatch;
  methods.push_back(*std::move(batch));
  for (const auto& service : mounted) {
    if (auto status = once(*service.descriptor); !status.ok()) return status;
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      auto method = Common(*service.descriptor->method(i));
      if (!method.ok()) return method.status();
      (*method)->of_nodes = service.of_nodes;
      if (service.descriptor->method(i)->server_streaming()) {
        const auto stream = service.streams.find(service.descriptor->method(i)->name());
        if (stream == service.streams.end()) return Misfit(*service.descriptor->method(i), "has no handler");
        (*method)->kind = Method::Kind::kStream;
        (*method)->open = [open = stream->second](Backend&, const google::protobuf::Message& request,
                                                  const Principal& principal, WakeStream wake) {
          return open(request, principal, std::move(wake));
        };
        methods.push_back(*std::move(method));
        continue;
      }
      const auto handler = service.handlers.find(service.descriptor->method(i)->name());
      if (handler == service.handlers.end()) return Misfit(*service.descriptor->method(i), "has no handler");
      (*method)->kind = Method::Kind::kMounted;
      (*method)->handler = handler->second;
      methods.push_back(*std::move(method));
    }
  }
  return methods;
}

}  // namespace shoujie::rpc
