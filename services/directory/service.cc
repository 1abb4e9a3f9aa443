#include "services/directory/service.h"

#include <string>

#include "services/directory/domain/domain.h"
#include "services/directory/domain/validate.h"
#include "shoujie/directory/v1/service.pb.h"

namespace shoujie::directory {
namespace {

absl::Status AnswerValidate(const v1::ValidateDirectoryRequest& request, v1::ValidateDirectoryResponse* response,
                            const QueryContext&) {
  for (const Finding& finding : Validate(request.content())) {
    auto* row = response->add_findings();
    row->set_reason(finding.reason);
    row->set_path(finding.path);
    row->set_value(finding.value);
    const auto [en, zh] = TextOf(finding.reason);
    row->set_en(std::string(en));
    row->set_zh(std::string(zh));
  }
  return absl::OkStatus();
}

}  // namespace

ServiceModule Service() {
  ServiceModule module;
  module.domain = Domain();
  module.rpc.push_back(v1::ValidateDirectoryRequest::descriptor()->file()->FindServiceByName("DirectoryService"));
  module.queries.push_back(MakeQuery("ValidateDirectory", &AnswerValidate));
  return module;
}

}  // namespace shoujie::directory
