#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/match.h"
#include "services/profile/domain/domain.h"
#include "services/profile/rows.h"
#include "services/profile/service.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/reference.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/profile/v1/events.pb.h"
#include "shoujie/profile/v1/service.pb.h"

namespace shoujie::profile {
namespace {

using ::testing::ElementsAre;

void Seal(google::protobuf::Message* message) {
  if (auto* personal = dynamic_cast<common::v1::Personal*>(message)) {
    if (personal->plain().empty()) return;
    personal->set_box("sealed:" + personal->plain());
    personal->clear_plain();
    return;
  }
  std::vector<const google::protobuf::FieldDescriptor*> set;
  message->GetReflection()->ListFields(*message, &set);
  for (const auto* field : set) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Seal(message->GetReflection()->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < message->GetReflection()->FieldSize(*message, field); ++i) {
      Seal(message->GetReflection()->MutableRepeatedMessage(message, field, i));
    }
  }
}

// The customers of one shard: routes by key as the runtime does, and folds sealed events.
class ProfileTest : public ::testing::Test, public RowReader {
 protected:
  struct Stream {
    v1::Customer state;
    v1::CustomerRow row;
    uint64_t version = 0;
  };

  absl::Status Do(const google::protobuf::Message& command) {
    const StreamType& type = *domain_.streams.front();
    auto address = type.Route(command);
    if (!address.ok()) return address.status();
    name_ = address->stream;
    if (name_.empty() && address->key) name_ = Find(*address->key);
    if (name_.empty()) {
      EXPECT_TRUE(address->may_create);
      name_ = "customers/C" + std::to_string(streams_.size() + 1);
    }
    Stream stream = streams_.contains(name_) ? streams_[name_] : Stream{};
    Context context{.now = now_,
                    .principal = principal_,
                    .reference = reference_,
                    .stream = name_,
                    .version = stream.version,
                    .open = [](const common::v1::Personal& p) { return p.box().substr(7); }};
    auto events = type.Decide(stream.state, command, context);
    if (!events.ok()) return events.status();
    no_op_ = events->empty();
    if (no_op_) return absl::OkStatus();
    ++stream.version;
    for (const auto& decided : *events) {
      last_ = static_cast<const v1::Event&>(*decided.event);
      for (const UniqueKey& key : type.Keys(last_)) keys_[key.space + "|" + key.value] = name_;
      v1::Event sealed = last_;
      Seal(&sealed);
      const EventContext at{.stream = name_, .version = stream.version};
      type.Evolve(stream.state, sealed, at);
      rows_->Project(stream.row, sealed, at);
    }
    streams_[name_] = stream;
    return absl::OkStatus();
  }
  std::string Find(const UniqueKey& key) {
    auto it = keys_.find(key.space + "|" + key.value);
    return it == keys_.end() ? "" : it->second;
  }
  v1::Customer State() { return streams_[name_].state; }

  // RowReader
  void Scan(absl::string_view prefix, absl::string_view after,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>& visit) const override {
    std::map<std::string, const v1::CustomerRow*> index;
    for (const auto& [name, stream] : streams_) {
      for (const auto& key : rows_->IndexKeys(stream.row)) index[key] = &stream.row;
    }
    for (const auto& [key, row] : index) {
      if (absl::StartsWith(key, prefix) && key > after && !visit(key, *row)) return;
    }
  }
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
  std::vector<uint32_t> Lagging() const override { return {3}; }

  template <typename Request, typename Response>
  absl::Status Ask(const std::string& method, const Request& request, Response* response) {
    QueryContext context{.principal = principal_,
                         .reference = reference_,
                         .now = now_,
                         .rows = *this,
                         .find =
                             [this](const std::string& slot_key, const UniqueKey& key) {
                               EXPECT_EQ(slot_key, key.value);
                               return Find(key);
                             },
                         .get =
                             [this](absl::string_view name, google::protobuf::Message* state) {
                               state->CopyFrom(streams_[std::string(name)].state);
                               return absl::OkStatus();
                             }};
    for (const Query& query : module_.queries) {
      if (query.method == method) return query.answer(request, response, context);
    }
    return absl::UnimplementedError(method);
  }

  ServiceModule module_ = Service();
  ServiceDomain& domain_ = module_.domain;
  std::unique_ptr<RowType> rows_ = CustomerRows();
  Principal principal_{"agents/1005", static_cast<uint32_t>(Right::kAgent)};
  Reference reference_{directory::v1::Directory()};
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::map<std::string, Stream> streams_;
  std::map<std::string, std::string> keys_;
  std::string name_;
  v1::Event last_;
  bool no_op_ = false;
};

v1::CreateCustomerRequest Create(const std::string& phone, const std::string& name = "") {
  v1::CreateCustomerRequest request;
  request.mutable_identifier()->set_kind(v1::IDENTIFIER_KIND_PHONE);
  request.mutable_identifier()->set_value(phone);
  if (!name.empty()) request.mutable_details()->set_display_name(name);
  return request;
}

TEST_F(ProfileTest, OnePhoneIsOneCustomerHoweverItIsWritten) {
  ASSERT_TRUE(Do(Create("138 0013/8000", "王丽")).ok());
  EXPECT_EQ(last_.customer_created().identifier().value().plain(), "+8613800138000");
  EXPECT_EQ(State().details().display_name().box(), "sealed:王丽");
  const std::string first = name_;
  const absl::Status status = Do(Create("+86 138-0013-8000", "李雷"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(status), "CUSTOMER_EXISTS");
  EXPECT_EQ(DetailOf(status).metadata(0).value(), first);
  EXPECT_EQ(streams_.size(), 1u);
}

TEST_F(ProfileTest, GetOrCreateLeavesTheCustomerAsHeIs) {
  ASSERT_TRUE(Do(Create("13800138000", "王丽")).ok());
  auto again = Create("0086 13800138000", "李雷");
  again.set_get_or_create(true);
  ASSERT_TRUE(Do(again).ok());
  EXPECT_TRUE(no_op_);
  EXPECT_EQ(State().details().display_name().box(), "sealed:王丽");
}

TEST_F(ProfileTest, TheSlotIsThatOfTheNormalisedIdentifier) {
  auto address = domain_.streams.front()->Route(Create("138-0013-8000"));
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->slot_key, "+8613800138000");
  EXPECT_EQ(address->key->space, "phone");
  EXPECT_TRUE(address->may_create);
}

TEST_F(ProfileTest, SameTextOfAnotherKindIsAnotherCustomer) {
  auto account = Create("13800138000");
  account.mutable_identifier()->set_kind(v1::IDENTIFIER_KIND_ACCOUNT);
  ASSERT_TRUE(Do(account).ok());
  ASSERT_TRUE(Do(Create("13800138000")).ok());
  EXPECT_EQ(streams_.size(), 2u);
}

TEST_F(ProfileTest, AnonymousIsLegalAndNobodyIsNot) {
  EXPECT_TRUE(Do(Create("13800138000")).ok());
  v1::CreateCustomerRequest walk_in;
  walk_in.set_request_id("018f0000-0000-7000-8000-000000000001");
  EXPECT_EQ(ReasonOf(Do(walk_in)), "CUSTOMER_EMPTY");
  walk_in.mutable_details()->set_display_name("王丽");
  EXPECT_TRUE(Do(walk_in).ok());
  EXPECT_TRUE(State().identifiers().empty());
}

TEST_F(ProfileTest, BadIdentifiersAreRefused) {
  EXPECT_EQ(ReasonOf(Do(Create("anonymous"))), "IDENTIFIER_INVALID");
  auto request = Create("13800138000");
  request.mutable_identifier()->clear_kind();
  EXPECT_EQ(ReasonOf(Do(request)), "IDENTIFIER_KIND_MISSING");
  request = Create("13800138000");
  request.set_name("customers/mine");
  EXPECT_EQ(ReasonOf(Do(request)), "NAME_NOT_CHOSEN");
}

TEST_F(ProfileTest, UpdateRecordsOnlyWhatReallyChanges) {
  auto request = Create("13800138000", "王丽");
  auto* home = request.mutable_details()->add_addresses();
  home->set_label("home");
  home->set_room("1203");
  ASSERT_TRUE(Do(request).ok());

  v1::UpdateCustomerRequest update;
  update.set_name(name_);
  update.mutable_details()->set_display_name("王丽");  // as it is
  *update.mutable_details()->add_addresses() = *home;  // as it is
  ASSERT_TRUE(Do(update).ok());
  EXPECT_TRUE(no_op_);

  now_ += absl::Minutes(1);
  update.mutable_details()->mutable_addresses(0)->set_room("1204");
  update.mutable_details()->set_class_(v1::CUSTOMER_CLASS_VIP);
  ASSERT_TRUE(Do(update).ok());
  EXPECT_THAT(last_.customer_updated().changed(), ElementsAre("class", "addresses"));
  EXPECT_FALSE(last_.customer_updated().details().has_display_name());
  EXPECT_EQ(State().details().display_name().box(), "sealed:王丽");
  ASSERT_EQ(State().details().addresses_size(), 1);
  EXPECT_EQ(State().details().addresses(0).room().box(), "sealed:1204");
  EXPECT_EQ(ToTime(State().updated_at()), now_);
  EXPECT_EQ(streams_[name_].row.class_(), v1::CUSTOMER_CLASS_VIP);
}

TEST_F(ProfileTest, FieldsAreEmptiedByNameOrByNothing) {
  auto request = Create("13800138000", "王丽");
  request.mutable_details()->set_household("三口之家");
  request.mutable_details()->add_addresses()->set_label("home");
  ASSERT_TRUE(Do(request).ok());
  v1::UpdateCustomerRequest update;
  update.set_name(name_);
  update.mutable_details()->set_display_name("");
  update.add_clear("addresses");
  ASSERT_TRUE(Do(update).ok());
  EXPECT_THAT(last_.customer_updated().changed(), ElementsAre("display_name", "addresses"));
  EXPECT_FALSE(State().details().has_display_name());
  EXPECT_EQ(State().details().addresses_size(), 0);
  EXPECT_EQ(State().details().household().box(), "sealed:三口之家");
  update.clear_clear();
  update.add_clear("shoe_size");
  EXPECT_EQ(ReasonOf(Do(update)), "FIELD_UNKNOWN");
  update.set_clear(0, "display_name");
  EXPECT_EQ(ReasonOf(Do(update)), "FIELD_SET_AND_CLEARED");
}

TEST_F(ProfileTest, TheOnlySignOfACustomerCannotBeTakenAway) {
  v1::CreateCustomerRequest walk_in;
  walk_in.mutable_details()->set_display_name("王丽");
  ASSERT_TRUE(Do(walk_in).ok());
  v1::UpdateCustomerRequest update;
  update.set_name(name_);
  update.mutable_details()->set_display_name("");
  EXPECT_EQ(ReasonOf(Do(update)), "CUSTOMER_EMPTY");
}

TEST_F(ProfileTest, DetailsAreChecked) {
  auto request = Create("13800138000");
  request.mutable_details()->set_language("zh CN");
  EXPECT_EQ(ReasonOf(Do(request)), "DETAILS_INVALID");
  request = Create("13800138000");
  for (int i = 0; i < 17; ++i) request.mutable_details()->add_addresses();
  EXPECT_EQ(ReasonOf(Do(request)), "DETAILS_INVALID");
  v1::UpdateCustomerRequest update;
  update.set_name("customers/C9");
  EXPECT_EQ(ReasonOf(Do(update)), "CUSTOMER_NOT_FOUND");
}

TEST_F(ProfileTest, FindsByAnyWriting) {
  ASSERT_TRUE(Do(Create("13800138000", "王丽")).ok());
  v1::FindCustomerRequest request;
  request.mutable_identifier()->set_kind(v1::IDENTIFIER_KIND_PHONE);
  request.mutable_identifier()->set_value("+86 138/0013 8000");
  v1::Customer found;
  ASSERT_TRUE(Ask("FindCustomer", request, &found).ok());
  EXPECT_EQ(found.name(), name_);
  request.mutable_identifier()->set_value("13900139000");
  EXPECT_EQ(ReasonOf(Ask("FindCustomer", request, &found)), "CUSTOMER_NOT_FOUND");
}

TEST_F(ProfileTest, ListsNewestFirstInPages) {
  for (int i = 0; i < 5; ++i) {
    auto request = Create("1380013800" + std::to_string(i));
    request.mutable_details()->set_class_(i % 2 ? v1::CUSTOMER_CLASS_VIP : v1::CUSTOMER_CLASS_NORMAL);
    now_ += absl::Seconds(1);
    ASSERT_TRUE(Do(request).ok());
  }
  v1::ListCustomersRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  for (int page = 0; page < 4; ++page) {
    v1::ListCustomersResponse response;
    ASSERT_TRUE(Ask("ListCustomers", request, &response).ok());
    EXPECT_THAT(response.lagging_partitions(), ElementsAre(3));
    for (const auto& row : response.customers()) names.push_back(row.name());
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  EXPECT_THAT(names, ElementsAre("customers/C5", "customers/C4", "customers/C3", "customers/C2", "customers/C1"));
  v1::ListCustomersResponse vips;
  request.Clear();
  request.set_class_(v1::CUSTOMER_CLASS_VIP);
  ASSERT_TRUE(Ask("ListCustomers", request, &vips).ok());
  EXPECT_EQ(vips.customers_size(), 2);
  request.set_page_token("elsewhere");
  EXPECT_EQ(ReasonOf(Ask("ListCustomers", request, &vips)), "PAGE_TOKEN_INVALID");
}

TEST_F(ProfileTest, RowsHoldNothingPersonal) {
  ASSERT_TRUE(Do(Create("13800138000", "王丽")).ok());
  const std::string bytes = streams_[name_].row.SerializeAsString();
  EXPECT_EQ(bytes.find("王丽"), std::string::npos);
  EXPECT_EQ(bytes.find("13800138000"), std::string::npos);
}

}  // namespace
}  // namespace shoujie::profile
