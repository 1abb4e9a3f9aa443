// The outbox file of an adapter, torn, damaged or not its own: what is whole is delivered in order, what is not is cut
// off, and the file that is left is read again as it was.
//
// Input: bit 0 of a byte says whether the rest is the file itself, or frames to be written to one that is then cut and
// changed in one place.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "loadtest/switch/outbox.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

namespace shoujie::fuzz::outbox_fuzz {
namespace {

using loadtest::Outbox;
using loadtest::OutboxFile;
using loadtest::OutboxFrame;

bool Same(const std::vector<OutboxFrame>& a, const std::vector<OutboxFrame>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const OutboxFrame& x, const OutboxFrame& y) {
    return x.kind == y.kind && x.seq == y.seq && x.held == y.held && x.lane == y.lane && x.method == y.method &&
           x.request == y.request;
  });
}

std::vector<OutboxFrame> ReadAll(const std::string& folder, uint64_t* cut) {
  std::vector<OutboxFrame> frames;
  auto file = OutboxFile::Open(folder, [&](OutboxFrame frame) { frames.push_back(std::move(frame)); });
  FUZZ_REQUIRE(file.ok());
  *cut = (*file)->cut_bytes();
  return frames;
}

std::vector<OutboxFrame> FramesOf(absl::string_view input) {
  std::vector<OutboxFrame> frames;
  for (const Frame& frame : ReadFrames(input)) {
    OutboxFrame& out = frames.emplace_back();
    out.kind = static_cast<OutboxFrame::Kind>(1 + frame.kind % 3);
    out.seq = 1 + frame.flags % 16;
    out.held = frame.flags & 16;
    out.lane = absl::StrCat("call/", frame.flags % 4);
    out.method = "method";
    out.request = frame.bytes;
  }
  return frames;
}

void Written(const std::string& folder, const std::vector<OutboxFrame>& frames) {
  auto file = OutboxFile::Open(folder, [](OutboxFrame) {});
  FUZZ_REQUIRE(file.ok());
  for (const OutboxFrame& frame : frames) FUZZ_REQUIRE((*file)->Append(frame).ok());
  FUZZ_REQUIRE((*file)->Sync().ok());
}

// Everything that waits can be delivered, in the order of each lane, and then nothing is left.
void Drain(const std::string& folder) {
  auto outbox = Outbox::Open(folder);
  if (!outbox.ok()) return;
  std::map<std::string, uint64_t> last;
  uint64_t seen = 0;
  while ((*outbox)->pending() > 0) {
    const auto entry = (*outbox)->Next();
    FUZZ_REQUIRE(entry.has_value() && ++seen <= kFramesMax * 1000);
    FUZZ_REQUIRE(last[entry->lane] < entry->seq || last[entry->lane] == 0);
    last[entry->lane] = entry->seq;
    (*outbox)->Done(entry->seq);
  }
  const auto fresh = (*outbox)->Append("lane", "method", "request");
  FUZZ_REQUIRE(fresh.ok());
  for (const auto& [lane, seq] : last) FUZZ_REQUIRE(*fresh > seq);
  FUZZ_REQUIRE((*outbox)->Next()->seq == *fresh);
  (*outbox)->Done(*fresh);
}

void Run(absl::string_view input) {
  Input in(input);
  const uint8_t how = in.Byte();
  const Folder folder;
  if (how & 1) {
    folder.Write("outbox.log", in.Rest());
  } else {
    const uint64_t cut_at = in.Integer(2), changed_at = in.Integer(2);
    const auto frames = FramesOf(in.Rest());
    Written(folder.path(), frames);
    uint64_t cut = 0;
    FUZZ_REQUIRE(Same(ReadAll(folder.path(), &cut), frames) && cut == 0);
    std::string bytes = folder.Read("outbox.log");
    if (how & 2) bytes.resize(std::min<size_t>(bytes.size(), cut_at));
    if ((how & 4) && !bytes.empty()) bytes[changed_at % bytes.size()] ^= static_cast<char>(how | 1);
    folder.Write("outbox.log", bytes);
  }
  uint64_t cut = 0, cut_again = 0;
  const auto once = ReadAll(folder.path(), &cut);
  const auto again = ReadAll(folder.path(), &cut_again);
  FUZZ_REQUIRE(Same(once, again) && cut_again == 0);
  Drain(folder.path());
}

std::string Change(absl::string_view input, uint32_t seed) {
  Chance chance(seed);
  std::string head(input.substr(0, 5));
  head.resize(5);
  if (head[0] & 1) return "";
  if (chance.OneIn(4)) head[chance.Below(5)] = static_cast<char>(chance.Next());
  head[0] = static_cast<char>(head[0] & ~1);
  std::vector<Frame> frames = ReadFrames(input.size() > 5 ? input.substr(5) : "");
  Mutate(&frames, chance, [&](Frame* frame) { frame->bytes += static_cast<char>(chance.Next()); });
  return head + WriteFrames(frames);
}

const Registered kRegistered({"outbox", &Run, &Change});

}  // namespace
}  // namespace shoujie::fuzz::outbox_fuzz
