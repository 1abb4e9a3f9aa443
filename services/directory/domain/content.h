// The content of a directory apart from what the runtime adds to it, and how a next one is published. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/domain.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/directory/v1/events.pb.h"

namespace shoujie::directory {

// What is compared and recorded: without name, etag, version number and enabled features.
v1::Directory ContentOf(const v1::Directory& directory);
bool IsEnabled(const v1::Directory& state, absl::string_view feature);

absl::Status NothingPublished();
absl::StatusOr<v1::Agent*> AgentIn(v1::Directory* content, const std::string& id);

// `content` as the next version, if it is another one than that in force and has no mistake.
Decision<v1::Event> Publish(const v1::Directory& state, v1::Directory content, v1::Change change,
                            const std::string& subject, const std::string& note, const Context& context);

}  // namespace shoujie::directory
