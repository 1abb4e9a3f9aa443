// A server does not start on data that it would falsify or could not read: it says what is wrong and what to do, ends
// with exit code 78, and leaves every byte as it was, so that the right start afterwards finds everything.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/refusal.h"

namespace shoujie::e2e {
namespace {

namespace fs = std::filesystem;

void Copy(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}
void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class RefusedStart : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<Server>(data_);
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    people_ = std::make_unique<People>(server_.get());
    matter_ = NewTicket(*people_, "1005", "1", "13912345678");
    ticket_ = TicketNow();
  }
  std::string TicketNow() {
    auto ticket = Get<router::v1::Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), matter_.ticket);
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    return ticket.ok() ? ticket->SerializeAsString() : "";
  }
  void AddNotes(int count) {
    for (int i = 0; i < count; ++i) {
      router::v1::AddNoteRequest note;
      note.set_name(matter_.ticket);
      note.set_text("a note");
      ASSERT_TRUE(Do(people_->As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note).ok());
    }
    ticket_ = TicketNow();
  }
  void Stop() { ASSERT_EQ(server_->Stop(), 0) << server_->process().err(); }

  // Refuses for that reason, in both languages, and shows no secret.
  void ExpectRefused(const std::string& reason, std::vector<std::string> more = {}, std::vector<std::string> env = {}) {
    SCOPED_TRACE(reason);
    std::vector<std::string> argv = {Program("shoujied"), "--data", data_, "--listen", "127.0.0.1:0"};
    argv.insert(argv.end(), more.begin(), more.end());
    const Ran ran = Run(argv, env);
    EXPECT_EQ(ran.code, kRefusedStart) << ran.err;
    EXPECT_EQ(ran.out, "");
    const std::string begin = absl::StrCat("shoujied: ", reason, ": ");
    const size_t at = ran.err.find(begin);
    ASSERT_NE(at, std::string::npos) << ran.err;
    const std::vector<std::string> lines = absl::StrSplit(ran.err.substr(at + begin.size()), '\n');
    ASSERT_GE(lines.size(), 2u);
    EXPECT_TRUE(SaysWhatToDo(lines[0], lines[1]));
  }
  // The right start, after which everything is as it was.
  void ExpectAllThere() {
    server_ = std::make_unique<Server>(data_);
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    people_->Reconnect(server_.get());
    EXPECT_EQ(TicketNow(), ticket_);
  }
  void ExpectVerified() {
    Stop();
    const Ran proof = Run({Program("shoujie"), "verify", "all", "--data", data_});
    EXPECT_EQ(proof.code, 0) << proof.out << proof.err;
  }
  // ::testing::Test has a Run of its own.
  static Ran Run(std::vector<std::string> argv, std::vector<std::string> env = {}) {
    return e2e::Run(std::move(argv), std::move(env));
  }

  TempDir dir_;
  const std::string data_ = dir_ / "data";
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  Matter matter_;
  std::string ticket_;
};

TEST_F(RefusedStart, LockedNewerForeignOtherClock) {
  ExpectRefused("DATA_LOCKED");
  EXPECT_EQ(TicketNow(), ticket_) << "the one that runs goes on";
  Stop();
  ExpectRefused("CLOCK_MISMATCH", {"--clock", "2026-01-05T08:00:00+08:00,x60"});
  const std::string format = ReadFile(data_ + "/FORMAT");
  Write(data_ + "/FORMAT", "shoujie 2\nclock real\n");
  ExpectRefused("DATA_NEWER");
  EXPECT_EQ(ReadFile(data_ + "/FORMAT"), "shoujie 2\nclock real\n");
  Write(data_ + "/FORMAT", "something else\n");
  ExpectRefused("DATA_FOREIGN");
  Write(data_ + "/FORMAT", format);
  ExpectAllThere();
  ExpectVerified();
}

TEST_F(RefusedStart, AnotherProgramsDirectoryIsLeftAlone) {
  Stop();
  fs::rename(data_, dir_ / "ours");
  fs::create_directory(data_);
  Write(data_ + "/thesis.txt", "years of work");
  ExpectRefused("DATA_FOREIGN");
  EXPECT_EQ(std::distance(fs::directory_iterator(data_), fs::directory_iterator()), 1);
  EXPECT_EQ(ReadFile(data_ + "/thesis.txt"), "years of work");
  fs::remove_all(data_);
  Server scaled(data_, {"--clock", "2026-01-05T08:00:00+08:00,x60"});
  ASSERT_FALSE(scaled.address().empty()) << scaled.process().err();
  ASSERT_EQ(scaled.Stop(), 0);
  ExpectRefused("CLOCK_MISMATCH");
}

TEST_F(RefusedStart, MasterKeys) {
  Stop();
  const std::string file = data_ + "/master.key", key = ReadFile(file), other(64, 'a');
  ExpectRefused("MASTER_KEY_WRONG", {}, {"SHOUJIE_MASTER_KEY=" + other});
  ExpectRefused("MASTER_KEY_INVALID", {}, {"SHOUJIE_MASTER_KEY=secret"});
  Write(file, other + "\n");
  ExpectRefused("MASTER_KEY_WRONG");
  fs::remove(file);
  ExpectRefused("MASTER_KEY_MISSING");
  EXPECT_FALSE(fs::exists(file)) << "a new key would hide that the old one is lost";
  Write(file, key);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
  ExpectRefused("FILE_EXPOSED");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  ExpectAllThere();
  ExpectVerified();
}

TEST_F(RefusedStart, OlderJournalBesideNewerStore) {
  Stop();
  Copy(data_ + "/journal", dir_ / "journal.old");
  ExpectAllThere();
  AddNotes(3);
  Stop();
  Copy(data_ + "/journal", dir_ / "journal.new");
  Copy(dir_ / "journal.old", data_ + "/journal");
  ExpectRefused("JOURNAL_SHORT");
  const Ran damage = Run({Program("shoujie"), "verify", "all", "--data", data_});
  EXPECT_EQ(damage.code, 6) << damage.out << damage.err;
  Copy(dir_ / "journal.new", data_ + "/journal");
  ExpectAllThere();
  ExpectVerified();
}

TEST_F(RefusedStart, OlderKeysBesideNewerJournal) {
  Stop();
  Copy(data_ + "/keys", dir_ / "keys.old");
  ExpectAllThere();
  for (int i = 0; i < 3; ++i) {
    profile::v1::CreateCustomerRequest create;
    create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    create.mutable_identifier()->set_value(absl::StrCat("1381111000", i));
    ASSERT_TRUE(Do(people_->As("agents/1005"), absl::StrCat(kCustomers, "CreateCustomer"), create).ok());
  }
  Stop();
  Copy(data_ + "/keys", dir_ / "keys.new");
  Copy(dir_ / "keys.old", data_ + "/keys");
  ExpectRefused("KEYS_SHORT");
  ExpectRefused("KEYS_SHORT");  // the refused start must not have filled the gap with other keys
  const Ran damage = Run({Program("shoujie"), "verify", "all", "--data", data_});
  EXPECT_EQ(damage.code, 6) << damage.err;
  EXPECT_NE(damage.out.find("KEYS_SHORT"), std::string::npos) << damage.out;
  Copy(dir_ / "keys.new", data_ + "/keys");
  ExpectAllThere();
  ExpectVerified();
}

}  // namespace
}  // namespace shoujie::e2e
