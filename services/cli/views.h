// Which columns a list of a message type has in a table. A type without a row here shows its single-valued fields.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace shoujie::cli {

struct Column {
  std::string title;  // "OWNER"
  std::string path;   // as render.h's Cell takes it
};
std::vector<Column> ColumnsOf(const google::protobuf::Descriptor& type, bool wide);

}  // namespace shoujie::cli
