#include "loadtest/generator/workload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/request_id.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::load {
namespace {

constexpr double kTheta = 0.99;
constexpr double kNotes = 0.7;  // of commands, and tickets of reads
constexpr double kLongShare = 0.01;
constexpr size_t kLongBytes = 8 << 10;
// 0.99 × 220 B + 0.01 × 8 KB = 300 B
constexpr size_t kShortBytesMin = 80, kShortBytesMax = 360;
constexpr size_t kShortTexts = 8192, kLongTexts = 256;

constexpr const char* kSentences[] = {"客户来电反映订单",
                                      "自下单起已超过承诺时间仍未收到货，",
                                      "要求今天内给出明确答复。",
                                      "已与物流核对，包裹在中转站滞留，",
                                      "智能门锁固件升级后无法配对，",
                                      "指示灯红色闪烁三次后熄灭，",
                                      "按说明书第",
                                      "页的步骤重置后故障依旧。",
                                      "客户情绪较为激动，已安抚并致歉，",
                                      "约定于明日上午",
                                      "点前由技术人员回电。",
                                      "净水器出水量变小，滤芯更换于",
                                      "天前，",
                                      "已登记序列号",
                                      "并转技术部门跟进处理。",
                                      "The customer asks to be called back on ",
                                      "before ",
                                      " o'clock; ",
                                      "暂不接受换货，要求全额退款并承担来回邮费。",
                                      "照片和视频已收到，确认外箱有明显破损，",
                                      "仓储回复：出库时检查完好，编号",
                                      "空调制冷效果差，室外机有异响，",
                                      "师傅已上门一次，更换电容后仍不稳定，",
                                      "客户同意等待，期间不再重复致电。"};

std::string MakeText(size_t bytes, Random& random) {
  std::string text;
  while (true) {
    const absl::string_view sentence = kSentences[random.Below(std::size(kSentences))];
    const std::string part = absl::StrCat(sentence, random.Below(100'000));
    if (text.size() + part.size() > bytes) break;
    text += part;
  }
  return text.empty() ? "已回电。" : text;
}

template <typename Request>
Request Begin(const std::string& name, Random& random) {
  Request request;
  request.set_request_id(MakeRequestId(absl::Now(), random.Bytes(10)));
  request.set_name(name);
  return request;
}

}  // namespace

Workload::Workload(std::vector<Matter> matters, double reads)
    : matters_(std::move(matters)), reads_(reads), heat_(matters_.size(), kTheta) {
  Random random(20240131);
  for (size_t i = 0; i < kShortTexts; ++i) {
    // Sentences do not fill the last bytes: 15 more on average make the mean what it should be.
    const size_t bytes = kShortBytesMin + 15 + random.Below(kShortBytesMax - kShortBytesMin + 1);
    short_texts_.push_back(MakeText(bytes, random));
  }
  for (size_t i = 0; i < kLongTexts; ++i) long_texts_.push_back(MakeText(kLongBytes, random));
}

const std::string& Workload::Text(Random& random) const {
  if (random.Unit() < kLongShare) return long_texts_[random.Below(long_texts_.size())];
  return short_texts_[random.Below(short_texts_.size())];
}

MadeCall Workload::Make(Random& random) const {
  const bool read = random.Unit() < reads_;
  const bool ticket = random.Unit() < kNotes;
  return MakeOf(read ? (ticket ? kGetTicket : kGetContact) : (ticket ? kAddNote : kWriteRecord), random);
}

MadeCall Workload::MakeOf(Kind kind, Random& random) const {
  const Matter& matter = matters_[heat_.Next(random)];
  switch (kind) {
    case kAddNote: {
      auto request = Begin<router::v1::AddNoteRequest>(matter.ticket, random);
      request.set_text(Text(random));
      return {kind, request.SerializeAsString()};
    }
    case kWriteRecord: {
      auto request = Begin<interaction::v1::WriteRecordRequest>(matter.contact, random);
      request.mutable_record()->set_matter(Text(random));
      return {kind, request.SerializeAsString()};
    }
    default: {
      common::v1::GetRequest request;
      request.set_name(kind == kGetTicket ? matter.ticket : matter.contact);
      return {kind, request.SerializeAsString()};
    }
  }
}

}  // namespace shoujie::load
