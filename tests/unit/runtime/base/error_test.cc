#include "services/runtime/base/error.h"

#include <gtest/gtest.h>

namespace shoujie {
namespace {

std::string Value(const absl::Status& status) { return DetailOf(status).metadata(0).value(); }

TEST(ErrorTest, SaysItsReasonInBothLanguages) {
  const absl::Status status = Refused("TOO_LATE", "It is too late. Ask.", "已过时限，请询问。", {{"until", "noon"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "TOO_LATE: It is too late. Ask.");
  EXPECT_EQ(ReasonOf(status), "TOO_LATE");
  EXPECT_EQ(DetailOf(status).zh(), "已过时限，请询问。");
  EXPECT_EQ(Value(status), "noon");
}

// A name from a file need not be UTF-8; protobuf would drop the whole detail, and with it the reason.
TEST(ErrorTest, KeepsItsReasonWhateverACallerGave) {
  for (const std::string bad : {"\xff", "\xc3\x28", "\xe9\xa6", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\x80"}) {
    const absl::Status status =
        Invalid("NAME_UNKNOWN", "There is no \"" + bad + "\".", "没有“" + bad + "”。", {{"name", bad}});
    EXPECT_EQ(ReasonOf(status), "NAME_UNKNOWN");
    EXPECT_EQ(Value(status).substr(0, 3), "\xEF\xBF\xBD");
  }
  EXPECT_EQ(Value(Invalid("A", "b", "c", {{"name", "首接 ok \U0001F600"}})), "首接 ok \U0001F600");
}

// 8 KiB of metadata is what a gRPC client takes: an error beyond it reaches nobody.
TEST(ErrorTest, FitsIntoAnAnswerWhateverACallerGave) {
  const std::string etag(200'000, 'e');
  std::string chinese;
  for (int i = 0; i < 10'000; ++i) chinese += "首";
  const absl::Status status = Invalid("STALE", etag, chinese, {{"etag", etag}, {"name", chinese}});
  const auto detail = DetailOf(status);
  EXPECT_LT(detail.ByteSizeLong(), 5u << 10);
  EXPECT_EQ(detail.en().substr(detail.en().size() - 4), "e…");
  EXPECT_EQ(detail.zh().substr(detail.zh().size() - 6), "首…");
  EXPECT_EQ(detail.metadata_size(), 2);
  EXPECT_TRUE(detail.metadata(1).value().empty() || detail.metadata(1).value() == "…");
}

}  // namespace
}  // namespace shoujie
