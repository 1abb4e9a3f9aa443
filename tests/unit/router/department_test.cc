// What departments ask for: who may watch which feed, and how to reach a customer: who may know it, and what it leaves.
#include "services/router/department.h"

#include "shoujie/interaction/v1/contact.pb.h"
#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;

Principal Agent(const std::string& id) { return {absl::StrCat("agents/", id), static_cast<uint32_t>(Right::kAgent)}; }

absl::Status Watching(const Principal& who, const std::string& department) {
  static const auto* const reference = new Reference(SampleDirectory());
  v1::WatchTicketsRequest request;
  request.set_department(department);
  request.set_resume_token("token");
  auto order = WatchTickets(request, who, *reference);
  if (!order.ok()) return order.status();
  EXPECT_EQ(order->topic, department);
  EXPECT_EQ(order->resume_token, "token");
  return absl::OkStatus();
}

TEST(WatchTicketsTest, MembersHeadAndDeputiesOfTheDepartmentAndWhoMayReadAll) {
  EXPECT_EQ(Watching(Agent("5001"), "tech"), absl::OkStatus()) << "head";
  EXPECT_EQ(Watching(Agent("5002"), "tech"), absl::OkStatus()) << "member";
  EXPECT_EQ(Watching(Agent("5003"), "warehouse"), absl::OkStatus()) << "deputy";
  EXPECT_EQ(Watching({"operators/first", static_cast<uint32_t>(Right::kOperate)}, "tech"), absl::OkStatus());
  EXPECT_EQ(Watching({"programs/board", static_cast<uint32_t>(Right::kRead)}, "tech"), absl::OkStatus());
}

TEST(WatchTicketsTest, NobodyElse) {
  EXPECT_THAT(Watching(Agent("5001"), "warehouse"), RefusedWith("NOT_OF_DEPARTMENT"));
  EXPECT_THAT(Watching(Agent("1001"), "tech"), RefusedWith("NOT_OF_DEPARTMENT"));
  EXPECT_THAT(Watching({"agents/5001", static_cast<uint32_t>(Right::kOrders)}, "tech"),
              RefusedWith("NOT_OF_DEPARTMENT"))
      << "a token that is not for acting as oneself";
  EXPECT_THAT(Watching(Agent("5009"), "tech"), RefusedWith("AGENT_LEFT"));
  EXPECT_THAT(Watching(Agent("7777"), "tech"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(Watching(Agent("5001"), "marketing"), RefusedWith("DEPARTMENT_UNKNOWN"));
  EXPECT_THAT(Watching(Agent("5001"), ""), RefusedWith("DEPARTMENT_UNKNOWN"));
}

absl::Status Ask(Desk& desk, const std::string& purpose = "appointment for the repair") {
  v1::GetContactDetailsRequest request;
  request.set_purpose(purpose);
  return desk.Do(request);
}

TEST(ContactDetailsTest, TheDepartmentThatHasTheTicketLeavesATraceAndMovesNothing) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  const v1::Ticket before = desk.ticket();
  ASSERT_EQ(Ask(desk.by("5002").at(Hours(2))), absl::OkStatus()) << "offered: it has to decide whether it is for it";
  ASSERT_EQ(desk.events().size(), 1u);
  const auto& read = desk.events()[0].contact_details_read();
  EXPECT_EQ(read.department(), "tech");
  EXPECT_EQ(read.handoff(), 1u);
  EXPECT_EQ(read.purpose().plain(), "appointment for the repair") << "sealed by the runtime";
  v1::Ticket after = desk.ticket();
  EXPECT_EQ(after.contact_details_reads(), 1u);
  after.clear_contact_details_reads();
  *after.mutable_update_time() = before.update_time();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());

  ASSERT_EQ(desk.Sign(), absl::OkStatus());
  ASSERT_EQ(Ask(desk), absl::OkStatus()) << "signed";
  EXPECT_EQ(desk.ticket().contact_details_reads(), 2u) << "each look";
}

TEST(ContactDetailsTest, ALookStandsInNobodysWayOfTakingAnActBack) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("2001").Transfer("1002"), absl::OkStatus());
  ASSERT_EQ(Ask(desk.by("5002")), absl::OkStatus());
  EXPECT_EQ(desk.by("2001").Do(v1::UndoLastRequest()), absl::OkStatus());
}

TEST(ContactDetailsTest, RefusedWithoutAPurpose) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  desk.by("5001");
  EXPECT_THAT(Ask(desk, ""), RefusedWith("PURPOSE_MISSING"));
  EXPECT_THAT(Ask(desk, " \t"), RefusedWith("PURPOSE_MISSING"));
  EXPECT_THAT(Ask(desk, std::string(20'000, 'x')), RefusedWith("TEXT_TOO_LONG"));
  EXPECT_TRUE(desk.events().empty());
}

TEST(ContactDetailsTest, RefusedToWhoeverDoesNotHaveTheTicket) {
  Desk desk;
  EXPECT_THAT(Ask(desk.by("5001")), RefusedWith("TICKET_NOT_FOUND"));
  desk.Open().by("5001").at(Hours(1));
  EXPECT_THAT(Ask(desk), RefusedWith("NOT_WITH_DEPARTMENT")) << "not handed off";
  ASSERT_EQ(desk.by("1001").Offer("tech"), absl::OkStatus());
  EXPECT_THAT(Ask(desk.by("5100")), RefusedWith("NOT_WITH_DEPARTMENT")) << "another department";
  EXPECT_THAT(Ask(desk.by("1001")), RefusedWith("NOT_WITH_DEPARTMENT")) << "the owner has the contact itself";
  EXPECT_THAT(Ask(desk.by("5009")), RefusedWith("AGENT_LEFT"));
  desk.by("5001").at(Hours(2));
  ASSERT_EQ(desk.Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  EXPECT_THAT(Ask(desk), RefusedWith("NOT_WITH_DEPARTMENT")) << "done";
  EXPECT_EQ(desk.ticket().contact_details_reads(), 0u);
}

// The answer that follows a record, from the contact as it stands.
class Answer : public ::testing::Test {
 protected:
  struct NoRows : RowReader {
    void Scan(absl::string_view, absl::string_view,
              const std::function<bool(absl::string_view, const google::protobuf::Message&)>&) const override {}
    std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
    std::vector<uint32_t> Lagging() const override { return {}; }
  };

  Answer() {
    desk_.Open().by("1001").at(Hours(1));
    EXPECT_EQ(desk_.Offer("tech"), absl::OkStatus());
    contact_.set_channel(interaction::v1::CHANNEL_PHONE);
    contact_.mutable_identifier()->set_plain("+8613900001111");
    contact_.mutable_record()->mutable_customer_name()->set_plain("王女士");
    contact_.mutable_record()->mutable_address()->set_plain("6 West Lake Road");
  }
  absl::Status Get(const Principal& who, v1::ContactDetails* details) {
    v1::GetContactDetailsRequest request;
    request.set_name(kName);
    const auto get = [this](absl::string_view name, google::protobuf::Message* state) {
      name == kName ? state->CopyFrom(desk_.ticket()) : state->CopyFrom(contact_);
      return name == kName || name == kContact ? absl::OkStatus() : absl::NotFoundError("");
    };
    return GetContactDetails(request, details, QueryContext{who, reference_, At(Hours(2)), rows_, nullptr, get});
  }

  Desk desk_;
  Reference reference_{SampleDirectory()};
  NoRows rows_;
  interaction::v1::Contact contact_;
};

TEST_F(Answer, NameAddressAndTheNumberThatWasCalledFrom) {
  v1::ContactDetails details;
  ASSERT_EQ(Get(Agent("5002"), &details), absl::OkStatus());
  EXPECT_EQ(details.ticket(), kName);
  EXPECT_EQ(details.customer_name(), "王女士");
  EXPECT_EQ(details.address(), "6 West Lake Road");
  EXPECT_EQ(details.phone(), "+8613900001111");
  contact_.mutable_record()->mutable_phone()->set_plain("+8613900002222");
  details.Clear();
  ASSERT_EQ(Get(Agent("5002"), &details), absl::OkStatus());
  EXPECT_EQ(details.phone(), "+8613900002222") << "the one that he said";
}

// A repeat of a request finds its old record, and must not open what is closed since.
TEST_F(Answer, NotToADepartmentThatHasGivenTheTicketBack) {
  v1::ContactDetails details;
  desk_.by("5001").at(Hours(2));
  ASSERT_EQ(desk_.Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  EXPECT_THAT(Get(Agent("5002"), &details), RefusedWith("NOT_WITH_DEPARTMENT"));
  EXPECT_EQ(details.ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace shoujie::router
