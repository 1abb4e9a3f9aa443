// Which personal text fields requests have, so that a test can see whether it went through all of them.
#pragma once

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace shoujie::e2e {

// The personal text fields that are set in the message, by full name.
void CollectPersonal(const google::protobuf::Message& message, std::set<std::string>* out);
// All that messages of this type may have, in whatever is nested in it. `seen`: types that need not be looked at again.
void CollectPersonalFields(const google::protobuf::Descriptor& type,
                           std::set<const google::protobuf::Descriptor*>* seen, std::set<std::string>* out);

}  // namespace shoujie::e2e
