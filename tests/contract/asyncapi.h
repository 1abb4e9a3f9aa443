// The AsyncAPI document of the topic of tickets, and whether a record is what it says. Only so much of JSON Schema as
// the document uses; what it uses beyond that is a finding itself. Stricter than a reader may be: what the document
// does not name is a finding, too, since our own build must not publish it. Not for other documents.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shoujie/router/v1/feed.pb.h"

namespace shoujie::contract {

// A published event as a record of the topic: the binary form of the CloudEvents binding for Kafka.
struct TopicRecord {
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value;
};
TopicRecord RecordOf(const router::v1::TicketEvent& event);

class AsyncApi {
 public:
  static AsyncApi OfTickets();
  explicit AsyncApi(nlohmann::json document) : document_(std::move(document)) {}

  const nlohmann::json& document() const { return document_; }
  const nlohmann::json& schema(const std::string& name) const { return document_["components"]["schemas"][name]; }
  // The types of events: names of the channel's messages.
  std::set<std::string> Types() const;
  // What is wrong with it, a line each.
  std::vector<std::string> Check(const TopicRecord& record) const;

 private:
  const nlohmann::json* MessageOf(const std::string& type) const;
  const nlohmann::json& Resolve(const nlohmann::json& node) const;
  void Validate(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at,
                std::vector<std::string>* wrong) const;
  void ValidateObject(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at,
                      std::vector<std::string>* wrong) const;
  void Names(const nlohmann::json& schema, std::set<std::string>* names) const;

  nlohmann::json document_;
};

}  // namespace shoujie::contract
