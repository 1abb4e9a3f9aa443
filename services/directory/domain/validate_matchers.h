// What rows of a table may match cases by, whichever table it is: no value twice, and of a closed list only values that
// a case can have. History has neither clocks nor hand-offs, so nothing matches its channel.
#pragma once

#include <algorithm>
#include <cstddef>
#include <set>

#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/profile/v1/customer.pb.h"

namespace shoujie::directory {

template <typename Repeated>
bool HasTwice(const Repeated& values) {
  using Value = typename Repeated::value_type;
  const std::set<Value> distinct(values.begin(), values.end());
  return distinct.size() != static_cast<size_t>(values.size());
}

// Of customers. `Row` matches by `classes`.
template <typename Row>
bool HasClasses(const Row& row) {
  const bool known = std::all_of(row.classes().begin(), row.classes().end(), [](int value) {
    return value != profile::v1::CUSTOMER_CLASS_UNSPECIFIED && profile::v1::CustomerClass_IsValid(value);
  });
  return known && !HasTwice(row.classes());
}

// `Row` matches by `channels`.
template <typename Row>
bool HasChannels(const Row& row) {
  const bool known = std::all_of(row.channels().begin(), row.channels().end(), [](int value) {
    return value != interaction::v1::CHANNEL_UNSPECIFIED && value != interaction::v1::CHANNEL_IMPORT &&
           interaction::v1::Channel_IsValid(value);
  });
  return known && !HasTwice(row.channels());
}

}  // namespace shoujie::directory
