// What commands on the directory have in common: versions from the server, files from the disk, and mistakes and
// differences as people and scripts read them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "services/cli/directory/difference.h"
#include "services/cli/directory/file.h"
#include "services/cli/session.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::cli {

const google::protobuf::MethodDescriptor& DirectoryMethod(const std::string& name);

// A published version; 0: the one in force, NOT_FOUND if there is none. Refused if it holds what this build does not
// know (DIRECTORY_NEWER): written and read back, that would be lost.
absl::StatusOr<directory::v1::Directory> FetchDirectory(Session& session, uint64_t version);

// "-" is the standard input.
absl::StatusOr<std::string> ReadText(const std::string& path);
// The file, or why not, after each mistake was told with its line and column.
absl::StatusOr<DirectoryFile> ReadDirectoryFile(const std::string& path, Session& session);
// A mistake on the error output: a line, or a JSON object.
void ShowMistake(Place at, const absl::Status& why, Session& session);

// Changes as a table, for people.
std::string ChangeTable(const std::vector<Change>& changes, bool wide, bool bold);
// "agents/1005", of each row that differs once, in order.
std::vector<std::string> ChangedRows(const std::vector<Change>& changes);

}  // namespace shoujie::cli
