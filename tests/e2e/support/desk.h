// The shortest way to what a test is about: a call that was answered and became a ticket of the built-in sample centre.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/people.h"

namespace shoujie::e2e {

inline constexpr char kSwitch[] = "adapters/switch-1";
inline constexpr char kTickets[] = "router.v1.TicketService/";
inline constexpr char kContacts[] = "interaction.v1.ContactService/";
inline constexpr char kCustomers[] = "profile.v1.CustomerService/";
inline constexpr char kDirectory[] = "directory.v1.DirectoryService/";

struct Matter {
  std::string contact;  // "contacts/…"
  std::string ticket;   // "tickets/…-T1"
};

// A call that the agent has answered and the caller has ended; its disposition is missing.
std::string AnsweredCall(People& people, const std::string& agent, const std::string& external_id,
                         const std::string& phone);
// The same, disposed of as a ticket, which is there when this returns. `category`: id in the directory.
Matter NewTicket(People& people, const std::string& agent, const std::string& external_id, const std::string& phone,
                 const std::string& category = "");

// One ticket of agent 1005 on a server of its own, and people who work on it by the command line.
class OneTicket : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<Server>(dir_ / "data");
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    people_ = std::make_unique<People>(server_.get());
    ticket_ = NewTicket(*people_, "1005", "77", "13800138000").ticket.substr(8);
  }
  Ran As(const std::string& who, std::vector<std::string> args) {
    return people_->Cli("agents/" + who, std::move(args));
  }
  void Must(const std::string& who, std::vector<std::string> args) {
    const Ran ran = As(who, std::move(args));
    ASSERT_EQ(ran.code, 0) << ran.err;
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  std::string ticket_;  // without "tickets/"
};

}  // namespace shoujie::e2e
