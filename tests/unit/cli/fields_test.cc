#include "services/cli/fields.h"

#include <fstream>

#include "CLI/CLI.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/support/temp_dir.h"

namespace shoujie::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What `words` make of a request.
template <typename Request>
absl::StatusOr<Request> Parse(std::vector<std::string> words, FieldSpec spec = {}) {
  CLI::App app;
  FieldFlags flags(&app, *Request::descriptor(), std::move(spec));
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  Request request;
  auto status = flags.Fill(&request, {absl::UTCTimeZone(), [] { return absl::FromUnixSeconds(1'000'000); }});
  if (!status.ok()) return status;
  return request;
}

const FieldSpec kTicket{{{"TICKET", "name", "tickets/"}}};

TEST(Fields, ABareNumberGetsItsCollection) {
  auto request = Parse<router::v1::CloseTicketRequest>(
      {"0413-000127-6-T1", "--code", "withdrawn-by-customer", "--result", "退款 done", "--etag", "7"}, kTicket);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->name(), "tickets/0413-000127-6-T1");
  EXPECT_EQ(request->code(), router::v1::RESOLUTION_CODE_WITHDRAWN_BY_CUSTOMER);
  EXPECT_EQ(request->result(), "退款 done");
  EXPECT_EQ(request->etag(), "7");
  EXPECT_EQ(Parse<router::v1::CloseTicketRequest>({"tickets/a-1"}, kTicket)->name(), "tickets/a-1");
  EXPECT_FALSE(Parse<router::v1::CloseTicketRequest>({}, kTicket).ok());
}

TEST(Fields, TimesDurationsNumbersAndBooleans) {
  auto offer = Parse<router::v1::OfferHandoffRequest>(
      {"1-T1", "--deadline", "+2h", "--occurred-at", "1999-02-01T08:00:00.250Z"}, kTicket);
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(offer->deadline().seconds(), 1'007'200);
  EXPECT_EQ(offer->occurred_at().nanos(), 250'000'000);
  auto hold = Parse<interaction::v1::HoldContactRequest>({"--announced-wait", "90s", "--consented"});
  EXPECT_EQ(hold->announced_wait().seconds(), 90);
  EXPECT_TRUE(hold->consented());
  EXPECT_FALSE(Parse<interaction::v1::HoldContactRequest>({"--no-consented"})->consented());
  EXPECT_EQ(Parse<router::v1::SignHandoffRequest>({"--handoff", "3"})->handoff(), 3u);
  EXPECT_EQ(Parse<router::v1::SignHandoffRequest>({"--handoff", "-3"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Fields, GetRequestsTravelInTime) {
  auto get = Parse<common::v1::GetRequest>({"--as-of", "now-1h"});
  EXPECT_EQ(get->as_of().seconds(), 1'000'000 - 3600);
  EXPECT_EQ(Parse<common::v1::GetRequest>({"--as-known-at", "now"})->as_of_recorded().seconds(), 1'000'000);
  EXPECT_EQ(Parse<common::v1::GetRequest>({"--as-of-version", "3"})->as_of_version(), 3u);
  EXPECT_THAT(Parse<common::v1::GetRequest>({"--fields", "owner,state"})->read_mask().paths(),
              ElementsAre("owner", "state"));
}

TEST(Fields, NestedMessagesByDotsFlatOrAsJson) {
  auto dotted =
      Parse<interaction::v1::ReportContactFactRequest>({"--fact.answered.agent", "1001", "--fact.answered.rings", "2"});
  ASSERT_TRUE(dotted.ok()) << dotted.status();
  EXPECT_EQ(dotted->fact().answered().agent(), "1001");
  EXPECT_EQ(dotted->fact().answered().rings(), 2u);
  EXPECT_TRUE(Parse<interaction::v1::ReportContactFactRequest>({"--fact.queued"})->fact().has_queued());
  EXPECT_EQ(Parse<interaction::v1::ReportContactFactRequest>({"--fact", R"({"offered":{"agents":["1","2"]}})"})
                ->fact()
                .offered()
                .agents_size(),
            2);

  auto flat = Parse<interaction::v1::WriteRecordRequest>(
      {"--customer-name", "王女士", "--anonymous=false", "--read-back", "phone,customer_name", "--read-back", "room",
       "--documents", R"({"id":"form-1","version":"2"})", "--documents", R"([{"id":"a"},{"id":"b"}])"},
      {.flatten = {"record"}});
  ASSERT_TRUE(flat.ok()) << flat.status();
  EXPECT_EQ(flat->record().customer_name(), "王女士");
  EXPECT_TRUE(flat->record().has_anonymous());
  EXPECT_FALSE(flat->record().has_phone());
  EXPECT_THAT(flat->read_back(), ElementsAre("phone", "customer_name", "room"));
  ASSERT_EQ(flat->record().documents_size(), 3);
  EXPECT_EQ(flat->record().documents(2).id(), "b");
}

TEST(Fields, AMessageFromAFileKeepsItsFlagsOnTop) {
  const TempDir folder;
  const std::string path = folder / "directory.json";
  std::ofstream(path) << R"({"sites":[{"id":"north"}],"name":"from-file"})";
  const FieldSpec spec{.arguments = {{"FILE", "content"}}, .skip = {"name"}};
  auto publish = Parse<directory::v1::PublishVersionRequest>({path, "--note", "new"}, spec);
  ASSERT_TRUE(publish.ok()) << publish.status();
  EXPECT_EQ(publish->content().sites(0).id(), "north");
  EXPECT_EQ(publish->note(), "new");
  EXPECT_THAT(std::string(Parse<directory::v1::PublishVersionRequest>({"/no/such"}, spec).status().message()),
              HasSubstr("/no/such"));
}

TEST(Fields, WhatCannotBeReadNamesItsFlag) {
  const auto message = [](auto parsed) { return std::string(parsed.status().message()); };
  EXPECT_THAT(message(Parse<router::v1::CloseTicketRequest>({"--code", "gone"})),
              HasSubstr("--code: \"gone\" is none of solved|"));
  EXPECT_THAT(message(Parse<router::v1::OfferHandoffRequest>({"--deadline", "soon"})), HasSubstr("--deadline"));
  EXPECT_THAT(message(Parse<interaction::v1::ReportContactFactRequest>({"--fact", "{\"x\":1}"})), HasSubstr("--fact"));
  EXPECT_FALSE(Parse<router::v1::CloseTicketRequest>({"--colour", "red"}).ok());
  EXPECT_FALSE(Parse<router::v1::CloseTicketRequest>({"--result", "a", "--result", "b"}).ok());
}

TEST(Fields, TimesWithoutAZoneFollowTheRequestsZone) {
  auto report =
      Parse<interaction::v1::ReportContactsRequest>({"--from", "1999-02-01", "--time-zone", "Asia/Jerusalem"});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->from().seconds(), 917'820'000);  // 1999-01-31T22:00Z
  EXPECT_FALSE(Parse<interaction::v1::ReportContactsRequest>({"--time-zone", "Mars/Base"}).ok());
}

}  // namespace
}  // namespace shoujie::cli
