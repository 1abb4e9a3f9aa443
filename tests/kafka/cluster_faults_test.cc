// The short form of the faults of nodes and brokers: one command that ends with a table and finds no violation.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

TEST(ClusterFaults, ShortFormHolds) {
  const Ran ran = e2e::Run({Program("cluster_faults"), "--short", "--seed", "1"}, {}, absl::Minutes(5));
  std::cout << ran.out;
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("\n0 violations"), std::string::npos);
}

}  // namespace
}  // namespace shoujie::e2e
