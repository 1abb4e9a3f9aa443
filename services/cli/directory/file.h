// The directory as a file: its whole content as YAML (yaml.h), and in the comments on top from which version it was
// drawn. The version's own fields (name, etag, version, enabled features) are no content: they are not written, and
// where they stand in a file they count for nothing but the etag. A directory as JSON is such a file, too. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/cli/directory/difference.h"
#include "services/cli/directory/yaml.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::cli {

struct DirectoryFile {
  directory::v1::Directory content;
  std::string etag;  // of the version that it was drawn from; empty: it does not say
  Places places;
};

// Without what is not part of what is published.
directory::v1::Directory ContentOf(directory::v1::Directory directory);

std::string WriteDirectoryFile(const directory::v1::Directory& directory);
// Every mistake is told with its place; then the file is refused as a whole (YAML_INVALID).
absl::StatusOr<DirectoryFile> ReadDirectoryFile(absl::string_view text,
                                                const std::function<void(const YamlMistake&)>& on_mistake);
// Where the path of a mistake ("teams[2].site") stands, or what is nearest to it.
Place PlaceOf(const Places& places, std::string path);

// How one content differs from another.
std::vector<Change> Difference(const directory::v1::Directory& before, const directory::v1::Directory& after);

}  // namespace shoujie::cli
