// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "gateway/base/address.h"

namespace msggw::tester {

/// The [pf.test] section of the configuration: a tester's controls of the Provisioning Function.
/// Whoever reaches the listener can break the Provisioning Function at will.
struct Options {
  bool enabled = false;
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 7482;             ///< 0: any free one
  std::size_t journal_entries = 10'000;  ///< the oldest give way; about 200 octets each
  std::vector<base::Host> hosts;   ///< by which it may be reached, beside numbers and localhost
  std::filesystem::path scenario;  ///< faults from the start on; empty: none
};

}  // namespace msggw::tester
