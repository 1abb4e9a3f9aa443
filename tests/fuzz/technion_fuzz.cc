// Files of calls (TSV, plain or gzip), as somebody may give them to the importer.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

namespace shoujie::fuzz::technion_fuzz {
namespace {

const Registered kRegistered({"technion", +[](absl::string_view input) { CheckImport("technion", input); }});

}  // namespace
}  // namespace shoujie::fuzz::technion_fuzz
