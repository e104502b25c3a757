// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/handle.h"

struct ssl_st;

namespace msggw::tls {

struct PskSecret;

void free_session(ssl_st* session) noexcept;

/// The client's side of TLS on a connected non-blocking socket, for an owner who does his waiting
/// himself and wants octets at once or not at all (boost::asio::ssl::stream waits for him, with
/// buffers that must stay). Each call does what it can; if that is nothing, it says what to wait
/// for before it is called again, with the same octets if it was write(). A Problem is the end;
/// `closed` is also the peer's ordinary farewell. One thread.
class ClientSession {
 public:
  enum class Waits : std::uint8_t { for_reading, for_writing };
  struct Step {
    std::size_t octets = 0;  ///< read or written; 0: it waits. Of the handshake 1: it is done
    Waits waits = Waits::for_reading;
  };
  using Outcome = tl::expected<Step, Problem>;

  /// The server must be `host`, as expect_host() says; with `psk`, it must have that key instead.
  /// `socket` and `psk` stay their owner's, and must outlive the session.
  ClientSession(const Context& context, const std::string& host, int socket,
                const PskSecret* psk = nullptr);
  /// Says good-bye to the peer if that can be done at once.
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  Outcome shake_hands();
  /// Requires the end of the handshake. What has been decrypted already makes no socket readable:
  /// read until it waits.
  Outcome read(std::span<char> to);
  /// Requires the end of the handshake and octets. May take some of them only.
  Outcome write(std::string_view octets);

 private:
  template <class Call>
  Outcome attempt(Call call);

  base::Handle<ssl_st, free_session> session_;
};

}  // namespace msggw::tls
