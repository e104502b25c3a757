// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "adapters/wire/coap/uri.h"
#include "gateway/base/network.h"

namespace msggw::coap {

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::remove: return "DELETE";
    case Method::fetch: return "FETCH";
    case Method::patch: return "PATCH";
    case Method::ipatch: return "IPATCH";
  }
  return "?";
}

std::string to_text(Code code) {
  const auto detail = static_cast<unsigned>(code) & 0x1F;
  return std::to_string(class_of(code)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
}

std::optional<Block> decode_block(std::uint32_t option, bool reliable) noexcept {
  const auto exponent = static_cast<std::uint8_t>(option & 7);
  if (exponent > Block::kMostExponent && !reliable) return std::nullopt;
  return Block{option >> 4, (option & 8) != 0, exponent};
}

std::uint32_t encode_block(const Block& block) noexcept {
  return block.number << 4 | (block.more ? 8U : 0U) | block.exponent;
}

base::Source source_of(const Peer& peer) noexcept {
  return base::source_of(boost::asio::ip::address_v6(peer.address));
}

namespace {
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
}  // namespace

bool is_v4(const Peer& peer) noexcept {
  return std::equal(kMapped.begin(), kMapped.end(), peer.address.begin());
}

std::string to_text(const Peer& peer) {
  const bool v4 = is_v4(peer);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (v4) {
    ::inet_ntop(AF_INET, peer.address.data() + kMapped.size(), text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, peer.address.data(), text.data(), text.size());
  }
  std::string out = v4 ? std::string(text.data()) : "[" + std::string(text.data());
  if (!v4 && peer.scope != 0) out.append("%").append(std::to_string(peer.scope));
  if (!v4) out.append("]");
  return out.append(":").append(std::to_string(peer.port));
}

Peer without_local(Peer peer) noexcept {
  peer.local = {};
  return peer;
}

Peer peer_at(const boost::asio::ip::address& address, std::uint16_t port) {
  Peer peer;
  peer.address = base::as_v6(address).to_bytes();
  peer.port = port;
  return peer;
}

std::uint64_t hash_of(const base::HashKey& key, const Peer& peer, std::uint64_t more) noexcept {
  std::array<char, 54> octets;
  std::memcpy(octets.data(), peer.address.data(), 16);
  std::memcpy(octets.data() + 16, peer.local.data(), 16);
  std::memcpy(octets.data() + 32, &peer.session, 8);
  std::memcpy(octets.data() + 40, &more, 8);
  std::memcpy(octets.data() + 48, &peer.scope, 4);
  std::memcpy(octets.data() + 52, &peer.port, 2);
  return base::keyed_hash(key, {octets.data(), octets.size()});
}

Observer observer_of(const Request& request) noexcept {
  return {request.peer, request.token, request.answer_octets, request.unproved_octets == 0};
}

std::string target_of(const Request& request) {
  std::string target;
  for (const auto segment : request.path) {
    target.push_back('/');
    append_segment(target, segment);
  }
  if (target.empty()) target.push_back('/');
  char before = '?';
  for (const auto query : request.queries) {
    target.push_back(std::exchange(before, '&'));
    append_query(target, query);
  }
  return target;
}

std::string_view scheme_of(Transport transport) noexcept {
  switch (transport) {
    case Transport::udp: return "coap";
    case Transport::dtls: return "coaps";
    case Transport::tcp: return "coap+tcp";
    case Transport::tls: return "coaps+tcp";
  }
  return "?";
}

}  // namespace msggw::coap
