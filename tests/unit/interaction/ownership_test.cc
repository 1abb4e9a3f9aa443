// First-contact owner by channel (R005–R010, F065).
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

v1::CreateContactRequest Create(v1::Channel channel, const std::string& site = "north") {
  v1::CreateContactRequest request;
  request.set_channel(channel);
  request.set_site(site);
  request.set_identifier("someone@example.org");
  return request;
}
absl::Status FromGateway(World& w, v1::CreateContactRequest request) {
  return w.Send(std::move(request), {"adapters/mail", static_cast<uint32_t>(Right::kFacts)});
}
void See(google::protobuf::RepeatedPtrField<v1::SeenPresence>* seen, const std::string& agent,
         v1::PresenceState state) {
  auto* one = seen->Add();
  one->set_agent(agent);
  one->set_presence(state);
  one->set_version(3);
}

TEST(OwnershipTest, MailIsTheHeadsUntilOpenedAndThenTheOpeners) {
  World w;
  ASSERT_TRUE(FromGateway(w, Create(v1::CHANNEL_EMAIL)).ok());
  EXPECT_EQ(w.contact.owner(), "1900");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_HEAD_UNTIL_OPENED);
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WAITING);
  v1::OpenContactRequest open;
  See(open.mutable_seen(), "1900", v1::PRESENCE_STATE_AWAY);
  ASSERT_TRUE(w.As("1001", open).ok());
  EXPECT_EQ(w.contact.owner(), "1001");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_OPENED);
  EXPECT_EQ(w.contact.opened_by(), "1001");
  ASSERT_EQ(w.contact.skipped_size(), 1);
  EXPECT_EQ(w.contact.skipped(0).agent(), "1900");
  EXPECT_EQ(w.contact.skipped(0).reason(), v1::SKIP_REASON_NOT_PRESENT);
  EXPECT_EQ(ReasonOf(w.As("1002", v1::OpenContactRequest())), "ALREADY_ACCEPTED");
}

TEST(OwnershipTest, HeadsDesignationOutranksWhoOpened) {
  World w;
  ASSERT_TRUE(FromGateway(w, Create(v1::CHANNEL_EMAIL)).ok());
  v1::DesignateOwnerRequest designate;
  designate.set_owner("1002");
  EXPECT_EQ(ReasonOf(w.As("1001", designate)), "HEAD_ONLY");
  EXPECT_EQ(ReasonOf(w.As("2900", designate)), "HEAD_ONLY");
  ASSERT_TRUE(w.As("1900", designate).ok());
  EXPECT_EQ(w.contact.owner(), "1002");
  ASSERT_TRUE(w.As("1001", v1::OpenContactRequest()).ok());
  EXPECT_EQ(w.contact.owner(), "1002");  // opened by another: recorded, changes nothing
  EXPECT_EQ(w.contact.opened_by(), "1001");
  designate.set_owner("1003");
  EXPECT_EQ(ReasonOf(w.As("1900", designate)), "AGENT_LEFT");
  ASSERT_TRUE(w.As("1001", DisposeTicket()).ok());
  designate.set_owner("1001");
  EXPECT_EQ(ReasonOf(w.As("1900", designate)), "TICKET_EXISTS");
}

TEST(OwnershipTest, NobodyDesignatesTheOwnerOfACall) {
  World w;
  w.HadCall();
  v1::DesignateOwnerRequest designate;
  designate.set_owner("1002");
  EXPECT_EQ(ReasonOf(w.As("1900", designate)), "OWNER_FIXED");
}

TEST(OwnershipTest, VisitIsWhoHandlesElseWhoGreetedAndBothAreKept) {
  World w;
  v1::CreateContactRequest create = Create(v1::CHANNEL_VISIT);
  ASSERT_TRUE(w.Send(create, {"agents/1002", static_cast<uint32_t>(Right::kAgent)}).ok());
  EXPECT_TRUE(w.contact.owner().empty());
  ASSERT_TRUE(w.As("1002", v1::GreetVisitorRequest()).ok());
  EXPECT_EQ(w.contact.owner(), "1002");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_GREETED);
  ASSERT_TRUE(w.As("1001", v1::AcceptContactRequest()).ok());
  EXPECT_EQ(w.contact.owner(), "1001");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_HANDLES);
  EXPECT_EQ(w.contact.greeted_by(), "1002");
  EXPECT_EQ(w.contact.flags_size(), 0);
}

TEST(OwnershipTest, VisitorWhoIsNotGreetedWithinAMinuteIsFlagged) {
  World w;
  ASSERT_TRUE(w.Send(Create(v1::CHANNEL_VISIT), {"agents/1002", static_cast<uint32_t>(Right::kAgent)}).ok());
  w.Pass(absl::Seconds(61));
  EXPECT_TRUE(w.Flagged(v1::FLAG_GREETED_LATE));
  EXPECT_EQ(ReasonOf(w.As("1001", v1::OpenContactRequest())), "NOT_OPENED_BUT_ACCEPTED");
}

TEST(OwnershipTest, FaxGoesByPriorityAndSaysWhyEachWasSkipped) {
  v1::CreateContactRequest fax = Create(v1::CHANNEL_FAX);
  fax.set_received_by("1001");
  const Principal agent{"agents/1001", static_cast<uint32_t>(Right::kAgent)};
  {
    World w;
    v1::CreateContactRequest request = fax;
    See(request.mutable_seen(), "1900", v1::PRESENCE_STATE_BUSY);
    ASSERT_TRUE(w.Send(request, agent).ok());
    EXPECT_EQ(w.contact.owner(), "1900");
    EXPECT_EQ(w.contact.skipped_size(), 0);
  }
  {
    World w;
    v1::CreateContactRequest request = fax;
    See(request.mutable_seen(), "1900", v1::PRESENCE_STATE_OFFLINE);
    See(request.mutable_seen(), "1800", v1::PRESENCE_STATE_AVAILABLE);
    ASSERT_TRUE(w.Send(request, agent).ok());
    EXPECT_EQ(w.contact.owner(), "1800");
    EXPECT_EQ(w.contact.skipped(0).reason(), v1::SKIP_REASON_NOT_PRESENT);
    ASSERT_EQ(w.events.back().owner_named().seen_size(), 2);  // what was seen is recorded with its version
    EXPECT_EQ(w.events.back().owner_named().seen(0).version(), 3u);
  }
  {
    World w;
    ASSERT_TRUE(w.Send(fax, agent).ok());
    EXPECT_EQ(w.contact.owner(), "1001");
    EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_FAX_RECEIVER);
    ASSERT_EQ(w.contact.skipped_size(), 2);
    EXPECT_EQ(w.contact.skipped(0).place(), v1::OWNER_BASIS_FAX_HEAD);
    EXPECT_EQ(w.contact.skipped(0).reason(), v1::SKIP_REASON_PRESENCE_UNKNOWN);
    EXPECT_EQ(w.contact.skipped(1).place(), v1::OWNER_BASIS_FAX_COORDINATOR);
  }
}

TEST(OwnershipTest, ChatIsTheFirstWhoAcceptsAndAfterHoursTheHeadsUntilOpened) {
  World open, closed;
  ASSERT_TRUE(FromGateway(open, Create(v1::CHANNEL_CHAT)).ok());
  EXPECT_TRUE(open.contact.owner().empty());
  ASSERT_TRUE(open.As("1002", v1::AcceptContactRequest()).ok());
  EXPECT_EQ(open.contact.owner(), "1002");
  EXPECT_EQ(ReasonOf(open.As("1001", v1::AcceptContactRequest())), "ALREADY_ACCEPTED");

  closed.Pass(absl::Hours(9));  // 19:00
  ASSERT_TRUE(FromGateway(closed, Create(v1::CHANNEL_CHAT)).ok());
  EXPECT_TRUE(closed.contact.after_hours());
  EXPECT_EQ(closed.contact.owner(), "1900");
  ASSERT_TRUE(closed.As("1002", v1::OpenContactRequest()).ok());
  EXPECT_EQ(closed.contact.owner(), "1002");
}

TEST(OwnershipTest, PaperNotesAndInternalMattersBelongToWhoWritesThem) {
  for (v1::Channel channel : {v1::CHANNEL_PHONE, v1::CHANNEL_INTERNAL}) {
    World w;
    ASSERT_TRUE(w.Send(Create(channel), {"agents/1002", static_cast<uint32_t>(Right::kAgent)}).ok());
    EXPECT_EQ(w.contact.owner(), "1002");
    EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_ACTIVE);
    ASSERT_TRUE(w.As("1002", DisposeAnswered()).ok());
    EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);  // no switch reports its end
  }
  World w;
  EXPECT_EQ(ReasonOf(FromGateway(w, Create(v1::CHANNEL_PHONE))), "USE_FACTS");
  EXPECT_EQ(ReasonOf(FromGateway(w, v1::CreateContactRequest())), "CHANNEL_NEEDED");
}

TEST(OwnershipTest, WithheldIdentifierLivesAtTheSourcesIdElseAtTheCommands) {
  World w;
  const auto& type = w.type("contacts");
  v1::CreateContactRequest request;
  request.set_request_id("0190163d-8694-739b-aea5-966c26f8ad90");
  EXPECT_EQ(type.Route(request)->slot_key, request.request_id());
  EXPECT_FALSE(type.Route(request)->key.has_value());
  request.set_source("mail");
  request.set_external_id("m-1");
  EXPECT_EQ(type.Route(request)->slot_key, "mail/m-1");
  request.set_identifier("someone@example.org");
  EXPECT_EQ(type.Route(request)->slot_key, "someone@example.org");
  EXPECT_EQ(type.Route(request)->key->value, "mail/m-1");
  request.set_name(World::kName);
  EXPECT_EQ(ReasonOf(type.Route(request).status()), "NAME_IS_ALLOTTED");
}

TEST(OwnershipTest, SourceThatRepeatsItsMailMakesOneContact) {
  World w;
  v1::CreateContactRequest request = Create(v1::CHANNEL_EMAIL);
  request.set_source("mail");
  request.set_external_id("m-1");
  ASSERT_TRUE(FromGateway(w, request).ok());
  ASSERT_TRUE(FromGateway(w, request).ok());
  EXPECT_TRUE(w.events.empty());
}

}  // namespace
}  // namespace shoujie::interaction
