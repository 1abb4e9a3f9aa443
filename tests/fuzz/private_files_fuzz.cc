// The small files of a data directory that a person may have edited: tokens, the master key, the format. What cannot be
// read is refused with its line or place, and never overwritten; what is read means the same after it was written anew.
//
// Input: a byte that chooses the file, then its content.
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/error.h"
#include "services/runtime/data_directory/data_directory.h"
#include "services/runtime/security/master_key.h"
#include "services/runtime/security/private_file.h"
#include "services/runtime/security/tokens.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::private_files_fuzz {
namespace {

class NoClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'772'416'800); }
  absl::Duration Boot() const override { return absl::ZeroDuration(); }
};

std::string Shown(const std::vector<TokenFile::Entry>& entries) {
  std::string all;
  for (const auto& entry : entries) {
    absl::StrAppend(&all, entry.principal.id, " ", entry.principal.rights, " ",
                    absl::FormatTime(absl::RFC3339_sec, entry.created, absl::UTCTimeZone()), "\n");
  }
  return all;
}

void Tokens(const Folder& folder, absl::string_view content) {
  static const NoClock kClock;
  folder.Write("tokens", content);
  auto tokens = TokenFile::Load(folder.path(), &kClock);
  RequireTyped(tokens.status());
  if (!tokens.ok()) {
    FUZZ_REQUIRE(ReasonOf(tokens.status()) == "TOKENS_BROKEN" && folder.Read("tokens") == content);
    return;
  }
  RequireTyped((*tokens)->Verify(content.substr(0, 200)).status());
  for (const auto& entry : (*tokens)->List()) {
    FUZZ_REQUIRE(!entry.principal.Has(Right::kSystem) && entry.principal.rights != 0);
    FUZZ_REQUIRE(absl::string_view(entry.principal.id).substr(0, 7) != "system/");
    FUZZ_REQUIRE(RightsFromNames(RightsToNames(entry.principal.rights)).value() == entry.principal.rights);
  }
  const auto token = (*tokens)->Create("agents/fuzz", static_cast<uint32_t>(Right::kRead));
  FUZZ_REQUIRE(token.ok() && (*tokens)->Verify(*token)->id == "agents/fuzz");
  auto again = TokenFile::Load(folder.path(), &kClock);
  RequireTyped(again.status());
  FUZZ_REQUIRE(again.ok() && Shown((*again)->List()) == Shown((*tokens)->List()));
  FUZZ_REQUIRE((*again)->Verify(*token)->id == "agents/fuzz");
  FUZZ_REQUIRE((*again)->Revoke("agents/fuzz").value() >= 1 && !(*again)->Verify(*token).ok());
}

void MasterKey(const Folder& folder, absl::string_view content) {
  ::unsetenv(kMasterKeyVariable);
  folder.Write("master.key", content);
  const std::string path = folder.path() + "/master.key";
  const auto key = LoadMasterKey(path, true);
  RequireTyped(key.status());
  FUZZ_REQUIRE(folder.Read("master.key") == content);
  if (!key.ok()) return;
  FUZZ_REQUIRE(key->size() == 32);
  FUZZ_REQUIRE(WritePrivateFile(path, absl::BytesToHexString(*key) + "\n").ok());
  FUZZ_REQUIRE(*LoadMasterKey(path, false) == *key);
}

void Format(const Folder& folder, absl::string_view content) {
  folder.Write("FORMAT", content);
  for (const bool scaled : {false, true}) {
    const auto directory = DataDirectory::Open(folder.path(), scaled);
    RequireTyped(directory.status());
    FUZZ_REQUIRE(folder.Read("FORMAT") == content);
  }
}

void Run(absl::string_view input) {
  Input in(input);
  const uint8_t which = in.Byte();
  const absl::string_view content = in.Rest();
  const Folder folder;
  switch (which % 4) {
    case 0:
      return MasterKey(folder, content);
    case 1:
      return Format(folder, content);
    case 2:
      return RequireTyped(RightsFromNames(content).status());
    default:
      return Tokens(folder, content);
  }
}

const Registered kRegistered({"private_files", &Run});

}  // namespace
}  // namespace shoujie::fuzz::private_files_fuzz
