#include "services/runtime/journal/record_head.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace shoujie {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using journal::v1::Commit;
using journal::v1::Event;
using journal::v1::Record;

constexpr uint32_t Varint(int field) { return static_cast<uint32_t>(field) << 3 | WireFormatLite::WIRETYPE_VARINT; }
constexpr uint32_t Bytes(int field) {
  return static_cast<uint32_t>(field) << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
}

// Runs `read` on the length-delimited value that comes next, and moves behind it whatever that read.
template <typename Read>
bool Inside(CodedInputStream& in, Read read) {
  const CodedInputStream::Limit outer = in.ReadLengthAndPushLimit();
  const bool ok = read() && in.Skip(in.BytesUntilLimit());
  in.PopLimit(outer);
  return ok;
}

int ReadFirstField(CodedInputStream& in) { return WireFormatLite::GetTagFieldNumber(in.ReadTag()); }

bool ReadKind(CodedInputStream& in, int* kind) {
  *kind = 0;
  if (in.ReadTag() != Bytes(Event::kBodyFieldNumber)) return true;
  return Inside(in, [&] { return *kind = ReadFirstField(in), true; });
}

bool ReadCommit(CodedInputStream& in, CommitHead* head) {
  while (const uint32_t tag = in.ReadTag()) {
    uint64_t flag = 0;
    bool read = false;
    switch (tag) {
      case Varint(Commit::kRevisionFieldNumber):
        read = in.ReadVarint64(&head->numbers.revision);
        break;
      case Varint(Commit::kTermFieldNumber):
        read = in.ReadVarint64(&head->numbers.term);
        break;
      case Varint(Commit::kStableFieldNumber):
        read = in.ReadVarint64(&head->numbers.stable);
        break;
      case Varint(Commit::kHistoryFieldNumber):
        read = in.ReadVarint64(&flag);
        head->history = flag != 0;
        break;
      case Bytes(Commit::kEventsFieldNumber):
        read = Inside(in, [&] { return ReadKind(in, &head->kinds.emplace_back()); });
        break;
      default:
        read = WireFormatLite::SkipField(&in, tag);
    }
    if (!read) return false;
  }
  return in.ConsumedEntireMessage();
}

CodedInputStream Stream(absl::string_view bytes) {
  return CodedInputStream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
}

}  // namespace

std::optional<CommitHead> ReadCommitHead(absl::string_view record) {
  CodedInputStream in = Stream(record);
  CommitHead head;
  if (in.ReadTag() != Bytes(Record::kCommitFieldNumber) || !Inside(in, [&] { return ReadCommit(in, &head); }) ||
      in.ReadTag() != 0 || !in.ConsumedEntireMessage()) {
    return std::nullopt;
  }
  return head;
}

int FirstField(absl::string_view message) {
  CodedInputStream in = Stream(message);
  return ReadFirstField(in);
}

}  // namespace shoujie
