// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coap3/coap.h>

#include <string_view>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/option_values.h"

struct ssl_st;

namespace msggw::coap {

/// What an object that calls libcoap hears of the library's log while it is inside it.
class LibraryUser {
 public:
  /// Level as in syslog, text as the library wrote it.
  virtual void logged(int level, std::string_view message) = 0;

 protected:
  ~LibraryUser() = default;
};

/// While it lives, this thread is inside libcoap on behalf of `user`. The library's log function is
/// one for the process and is told no context; this tells it whom to call. OpenSSL's error queue is
/// emptied, since the library does not and OpenSSL would take old errors for new ones.
class InsideLibrary {
 public:
  explicit InsideLibrary(LibraryUser* user) noexcept;
  ~InsideLibrary();
  InsideLibrary(const InsideLibrary&) = delete;
  InsideLibrary& operator=(const InsideLibrary&) = delete;

 private:
  LibraryUser* before_;
};

/// coap_startup() and the log function; harmless the second time.
void start_library();

struct FreeContext {
  void operator()(coap_context_t* context) const noexcept { coap_free_context(context); }
};

/// Calls take(number, value) for each option, then gives the payload.
template <class Take>
std::string_view read_pdu(const coap_pdu_t& pdu, Take&& take) {
  coap_opt_iterator_t at;
  coap_option_iterator_init(&pdu, &at, COAP_OPT_ALL);
  while (const coap_opt_t* option = coap_option_next(&at))
    take(at.number, std::string_view(reinterpret_cast<const char*>(coap_opt_value(option)),
                                     coap_opt_length(option)));
  std::size_t size = 0;
  const std::uint8_t* data = nullptr;
  if (coap_get_data(&pdu, &size, &data) == 0) return {};
  return {reinterpret_cast<const char*>(data), size};
}

/// All options and the payload, in the octets of the datagram that `received` was read from.
std::string_view content_of(const coap_pdu_t& received);

Token token_of(const coap_pdu_t& pdu);
void add_option(coap_pdu_t& pdu, std::uint16_t number, std::string_view value);
void add_payload(coap_pdu_t& pdu, std::string_view payload);
void write(const Response& response, coap_pdu_t& pdu);

/// The connection of OpenSSL that is below a dtls session; null: none.
ssl_st* connection_of(coap_session_t* session);

}  // namespace msggw::coap
