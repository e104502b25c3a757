// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/network.h"

#include <algorithm>
#include <charconv>

#include "gateway/base/address.h"

namespace msggw::base {

namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kAllBits = 128;
constexpr unsigned kMappedBits = 96;  ///< before those of an IPv4 address

ip::address_v6 first_of(const ip::address_v6& address, unsigned bits) {
  auto octets = address.to_bytes();
  for (unsigned at = 0; at < octets.size(); ++at) {
    const unsigned kept = bits > at * 8 ? std::min(bits - at * 8, 8U) : 0;
    octets[at] &= static_cast<std::uint8_t>(0xFF00U >> kept);
  }
  return ip::address_v6(octets);
}

}  // namespace

ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_numeric(text.substr(0, slash));
  if (!address) return tl::unexpected(address.error());
  const unsigned before = address->is_v4() ? kMappedBits : 0;
  unsigned bits = kAllBits - before;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const char* const end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, bits);
    if (error != std::errc{} || stop != end || bits > kAllBits - before)
      return fail(Errc::malformed, "behind the '/' stands how many bits it has, at most " +
                                       std::to_string(kAllBits - before));
  }
  Network network;
  network.first_ = as_v6(*address);
  network.bits_ = bits + before;
  if (first_of(network.first_, network.bits_) != network.first_)
    return fail(Errc::malformed, "has bits behind its first " + std::to_string(bits));
  return network;
}

bool Network::holds(const ip::address& address) const {
  return first_of(as_v6(address), bits_) == first_;
}

std::string to_string(const Network& network) {
  const bool v4 = network.first_.is_v4_mapped() && network.bits_ >= kMappedBits;
  const ip::address first =
      v4 ? ip::address(ip::make_address_v4(ip::v4_mapped, network.first_)) : network.first_;
  return first.to_string() + '/' + std::to_string(network.bits_ - (v4 ? kMappedBits : 0));
}

}  // namespace msggw::base
