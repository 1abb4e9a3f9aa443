// Lists from the read model: filters, intervals, pages; orders that may be taken now.
#include "services/interaction/queries.h"

#include <map>

#include "services/interaction/projection.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

class MapRows : public RowReader {
 public:
  void Put(const v1::ContactRow& row) {
    for (const auto& key : ContactIndexKeys(row)) rows_[key] = row;
  }
  void Scan(absl::string_view prefix, absl::string_view after,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>& visit) const override {
    for (auto it = rows_.upper_bound(std::string(std::max(prefix, after))); it != rows_.end(); ++it) {
      if (it->first.compare(0, prefix.size(), prefix.data(), prefix.size()) != 0) break;
      if (!visit(it->first, it->second)) break;
    }
  }
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
  std::vector<uint32_t> Lagging() const override { return {3}; }

 private:
  std::map<std::string, v1::ContactRow> rows_;
};

class QueriesTest : public testing::Test {
 protected:
  template <typename Response, typename Request>
  Response Ask(const std::string& method, const Request& request, absl::Status* status = nullptr) {
    const QueryContext context{.principal = who, .reference = reference_, .now = now, .rows = rows};
    Response response;
    for (const auto& query : Queries()) {
      if (query.method != method) continue;
      const absl::Status answer = query.answer(request, &response, context);
      if (status) *status = answer;
      if (!status) {
        EXPECT_TRUE(answer.ok()) << answer;
      }
    }
    return response;
  }
  v1::ContactRow Row(int n, const std::string& owner) {
    v1::ContactRow row;
    row.set_name(absl::StrCat("contacts/0413-00000", n, "-0"));
    row.set_owner(owner);
    row.set_handler(owner);
    row.set_state(v1::CONTACT_STATE_ACTIVE);
    *row.mutable_times()->mutable_started_at() = ToProto(now + absl::Minutes(n));
    return row;
  }

  absl::Time now = World::Start();
  Principal who = World::Switch();
  MapRows rows;

 private:
  Reference reference_{TestDirectory()};
};

TEST_F(QueriesTest, ContactsAreListedByOwnerAndTimeInPages) {
  for (int n = 1; n <= 9; ++n) rows.Put(Row(n, n % 2 ? "1001" : "1002"));
  v1::ListContactsRequest request;
  request.set_owner("1001");
  request.set_page_size(2);
  std::vector<std::string> names;
  for (int page = 0; page < 5; ++page) {
    const auto response = Ask<v1::ListContactsResponse>("ListContacts", request);
    EXPECT_LE(response.contacts_size(), 2);
    EXPECT_EQ(response.lagging_partitions(0), 3u);
    for (const auto& row : response.contacts()) names.push_back(row.name());
    if (response.next_page_token().empty()) break;
    request.set_page_token(response.next_page_token());
  }
  ASSERT_EQ(names.size(), 5u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));

  request.clear_page_token();
  request.clear_page_size();
  *request.mutable_from() = ToProto(now + absl::Minutes(3));
  *request.mutable_to() = ToProto(now + absl::Minutes(7));
  EXPECT_EQ(Ask<v1::ListContactsResponse>("ListContacts", request).contacts_size(), 2);  // 3 and 5, not 7
  request.clear_owner();
  EXPECT_EQ(Ask<v1::ListContactsResponse>("ListContacts", request).contacts_size(), 4);
  request.set_state(v1::CONTACT_STATE_CLOSED);
  EXPECT_EQ(Ask<v1::ListContactsResponse>("ListContacts", request).contacts_size(), 0);
}

TEST_F(QueriesTest, TokenOfAnotherListIsRefused) {
  v1::ListContactsRequest request;
  request.set_page_token("owner/1001/x");
  absl::Status status;
  Ask<v1::ListContactsResponse>("ListContacts", request, &status);
  EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_INVALID");
}

TEST_F(QueriesTest, OrdersAreShownWhenTheyMayBeTaken) {
  v1::ContactRow row = Row(1, "1001");
  auto* order = row.mutable_order();
  order->set_id("0413-000001-0-O1");
  *order->mutable_not_before() = ToProto(now + absl::Seconds(10));
  *order->mutable_not_after() = ToProto(now + absl::Seconds(100));
  rows.Put(row);
  auto shown = [&] { return Ask<v1::ListOrdersResponse>("ListOrders", v1::ListOrdersRequest()).orders_size(); };
  EXPECT_EQ(shown(), 0);
  now += absl::Seconds(10);
  EXPECT_EQ(shown(), 1);
  order->set_holder("adapters/switch-2");
  *order->mutable_lease_until() = ToProto(now + absl::Seconds(20));
  rows.Put(row);
  EXPECT_EQ(shown(), 0);
  who = World::Switch("adapters/switch-2");
  EXPECT_EQ(shown(), 1);
  who = World::Switch();
  now += absl::Seconds(20);
  EXPECT_EQ(shown(), 1);
  now += absl::Seconds(70);
  EXPECT_EQ(shown(), 0);
}

}  // namespace
}  // namespace shoujie::interaction
