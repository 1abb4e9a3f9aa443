// A directory as a file that somebody edited (services/cli/directory/file.h): whatever stands in it, every mistake is
// told as what it is; what is taken reads back as itself, and what it changes can be said.
#include "services/cli/directory/file.h"
#include "services/directory/sample.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::directory_file_fuzz {
namespace {

using cli::YamlMistake;

void Run(absl::string_view input) {
  size_t mistakes = 0;
  const auto on_mistake = [&](const YamlMistake& mistake) {
    ++mistakes;
    FUZZ_REQUIRE(!mistake.why.ok() && mistake.at.line > 0 && mistake.at.column > 0);
    RequireTyped(mistake.why);
  };
  const auto file = cli::ReadDirectoryFile(input, on_mistake);
  RequireTyped(file.status());
  FUZZ_REQUIRE(file.ok() == (mistakes == 0));
  if (!file.ok()) return;
  FUZZ_REQUIRE(!cli::HasUnknown(file->content));
  const auto again = cli::ReadDirectoryFile(cli::WriteDirectoryFile(file->content), on_mistake);
  FUZZ_REQUIRE(again.ok());
  FUZZ_REQUIRE(again->content.SerializeAsString() == file->content.SerializeAsString());
  FUZZ_REQUIRE(cli::Difference(file->content, again->content).empty());
  static const auto* const sample = new directory::v1::Directory(directory::SampleDirectory());
  const auto changes = cli::Difference(*sample, file->content);
  FUZZ_REQUIRE(!changes.empty() || file->content.SerializeAsString() == sample->SerializeAsString());
  FUZZ_REQUIRE(cli::Collisions(changes, changes).size() == changes.size());
}

const Registered kRegistered({"directory_file", &Run});

}  // namespace
}  // namespace shoujie::fuzz::directory_file_fuzz
