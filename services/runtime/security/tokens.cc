#include "services/runtime/security/tokens.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/private_file.h"

namespace shoujie {
namespace {

constexpr absl::string_view kTokenPrefix = "sj_";
constexpr char kFirstOperator[] = "operators/first";

std::string HashOf(absl::string_view token) { return absl::BytesToHexString(crypto::Sha256(token)); }

// Of a line's first four parts: a flipped byte in a principal's name is another valid name.
std::string CheckOf(absl::string_view parts) { return HashOf(parts).substr(0, 8); }

std::string NewToken() {
  return absl::StrCat(kTokenPrefix, absl::WebSafeBase64Escape(crypto::RandomBytes(crypto::kKeyBytes)));
}

// "agents/1001": what a line can hold and a reader can tell apart.
bool IsPrincipal(absl::string_view id) {
  const size_t slash = id.find('/');
  if (slash == absl::string_view::npos || slash == 0 || slash + 1 == id.size()) return false;
  if (id.size() > limits::kNameBytesMax || absl::string_view(id).substr(0, slash) == "system") return false;
  for (const char c : id) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

TokenFile::TokenFile(std::string directory, const Clock* clock) : directory_(std::move(directory)), clock_(clock) {}

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Load(const std::string& directory, const Clock* clock) {
  std::unique_ptr<TokenFile> file(new TokenFile(directory, clock));
  std::string mark = PrivateFileMark(directory + "/tokens");
  auto read = file->Read();
  if (!read.ok()) return read.status();
  if (!read->has_value()) {
    auto lock = PrivateFileLock::Take(directory + "/tokens.lock");
    if (!lock.ok()) return lock.status();
    mark = PrivateFileMark(directory + "/tokens");
    read = file->Read();  // another node may have been faster
    if (!read.ok()) return read.status();
    if (!read->has_value()) {
      // The token goes out before its hash: a start cut short in between makes another one.
      const std::string token = NewToken();
      absl::Status status = WritePrivateFile(directory + "/operator.token", token + "\n");
      if (!status.ok()) return status;
      read->emplace()[HashOf(token)] = {{kFirstOperator, kAllRights}, clock->Now()};
      if (status = file->Save(**read); !status.ok()) return status;
      mark = PrivateFileMark(directory + "/tokens");
    }
  }
  file->Know(*std::move(*read), std::move(mark));
  return file;
}

void TokenFile::Know(Entries entries, std::string mark) {
  absl::MutexLock lock(&mutex_);
  entries_ = std::move(entries);
  mark_ = std::move(mark);
  looked_at_ = clock_->Boot();
}

absl::StatusOr<std::optional<TokenFile::Entries>> TokenFile::Read() const {
  auto content = ReadPrivateFile(directory_ + "/tokens");
  if (!content.ok()) return content.status();
  if (!content->has_value()) return std::optional<Entries>();
  auto entries = Parse(**content);
  if (!entries.ok()) return entries.status();
  return std::optional<Entries>(*std::move(entries));
}

absl::StatusOr<TokenFile::Entries> TokenFile::Parse(absl::string_view content) const {
  Entries entries;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    if (line.empty() || absl::StartsWith(line, "# ")) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    Entry entry;
    bool good = (parts.size() == 5 ? CheckOf(line.substr(0, line.rfind('\t'))) == parts[4] : parts.size() == 4) &&
                parts[0].size() == 64 && IsPrincipal(parts[1]);
    if (good) {
      entry.principal.id = parts[1];
      const auto rights = RightsFromNames(parts[2]);
      good = rights.ok() && absl::ParseTime(absl::RFC3339_full, parts[3], &entry.created, nullptr);
      if (good) entry.principal.rights = *rights;
    }
    if (!good) {
      return Refused(
          "TOKENS_BROKEN",
          absl::StrCat(
              directory_, "/tokens, line ", number,
              " is not \"hash, principal, rights, created, check\" with tabs between, or it was changed. Remove "
              "the line and make a new token."),
          absl::StrCat(
              directory_, "/tokens 第 ", number,
              " 行格式有误或被改动，应为以制表符分隔的“哈希、主体、权限、创建时间、校验”。请删除该行并重新签发令牌。"),
          {{"line", absl::StrCat(number)}});
    }
    entries[parts[0]] = std::move(entry);
  }
  return entries;
}

absl::Status TokenFile::Save(const Entries& entries) const {
  std::string content = "# Hashes of tokens; managed by the server.\n";
  for (const auto& [hash, entry] : entries) {
    const std::string parts =
        absl::StrCat(hash, "\t", entry.principal.id, "\t", RightsToNames(entry.principal.rights), "\t",
                     absl::FormatTime(absl::RFC3339_sec, entry.created, absl::UTCTimeZone()));
    absl::StrAppend(&content, parts, "\t", CheckOf(parts), "\n");
  }
  return WritePrivateFile(directory_ + "/tokens", content);
}

void TokenFile::Look() {
  absl::MutexLock change(&change_mutex_);
  std::string mark = PrivateFileMark(directory_ + "/tokens");
  {
    absl::MutexLock lock(&mutex_);
    looked_at_ = clock_->Boot();
    // A file that is gone revokes nothing: somebody may be bringing it back.
    if (mark.empty() || mark == mark_) return;
    if (mark == unreadable_ && looked_at_ < unreadable_at_ + kLookedAtEvery) return;
  }
  auto read = Read();
  if (read.ok() && read->has_value()) return Know(*std::move(*read), std::move(mark));
  // What is known goes on. The next start, or the next change, says what is wrong with the file.
  absl::MutexLock lock(&mutex_);
  unreadable_ = std::move(mark);
  unreadable_at_ = clock_->Boot();
}

absl::StatusOr<Principal> TokenFile::Verify(absl::string_view token) {
  if (token.empty()) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                 "The call carries no token. Send \"authorization: Bearer TOKEN\"; an operator can make you one.",
                 "请求未携带令牌。请发送 “authorization: Bearer 令牌”；令牌由运维人员签发。");
  }
  const std::string hash = HashOf(token);
  for (const bool looked : {false, true}) {
    if (looked) Look();
    absl::ReaderMutexLock lock(&mutex_);
    const auto it = entries_.find(hash);
    const bool recent = looked || clock_->Boot() < looked_at_ + kLookedAtEvery;
    if (it != entries_.end() && recent) return it->second.principal;
  }
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_UNKNOWN",
               "The token is not one of this server's, or it was revoked. Ask an operator for a new one.",
               "令牌不属于本服务器或已被吊销。请向运维人员申请新令牌。");
}

absl::Status TokenFile::Change(const std::function<bool(Entries& entries)>& change) {
  absl::MutexLock one(&change_mutex_);
  auto lock = PrivateFileLock::Take(directory_ + "/tokens.lock");
  if (!lock.ok()) return lock.status();
  auto read = Read();
  if (!read.ok()) return read.status();
  if (!read->has_value()) {
    absl::ReaderMutexLock known(&mutex_);
    *read = entries_;
  }
  Entries& entries = **read;
  if (!change(entries)) return absl::OkStatus();
  if (absl::Status status = Save(entries); !status.ok()) return status;
  Know(std::move(entries), PrivateFileMark(directory_ + "/tokens"));
  return absl::OkStatus();
}

absl::StatusOr<std::string> TokenFile::Create(const std::string& principal, uint32_t rights) {
  if (!IsPrincipal(principal)) {
    return Invalid("PRINCIPAL_INVALID",
                   "This is no principal. Write it as \"kind/id\" without spaces, such as agents/1001 or "
                   "adapters/switch-1; \"system\" is reserved.",
                   "主体无效。请填写不含空格的“类别/标识”，例如 agents/1001 或 adapters/switch-1；system 为保留类别。");
  }
  if (rights == 0 || (rights & ~kAllRights) != 0) {
    return RightsFromNames("").status();  // says which there are
  }
  std::string token = NewToken();
  absl::Status status = Change([&](Entries& entries) {
    entries[HashOf(token)] = {{principal, rights}, clock_->Now()};
    return true;
  });
  if (!status.ok()) return status;
  return token;
}

absl::StatusOr<size_t> TokenFile::Revoke(const std::string& principal) {
  size_t revoked = 0;
  absl::Status status = Change([&](Entries& entries) {
    for (auto it = entries.begin(); it != entries.end();) {
      if (it->second.principal.id == principal) {
        it = entries.erase(it);
        ++revoked;
      } else {
        ++it;
      }
    }
    return revoked > 0;
  });
  if (!status.ok()) return status;
  return revoked;
}

std::vector<TokenFile::Entry> TokenFile::List() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<Entry> out;
  for (const auto& [hash, entry] : entries_) out.push_back(entry);
  return out;
}

}  // namespace shoujie
