// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/library.h"

#include <algorithm>
#include <utility>

#include "adapters/wire/tls/errors.h"

namespace msggw::coap {

namespace {

thread_local LibraryUser* user_inside = nullptr;

void log_line(coap_log_t level, const char* message) noexcept {
  if (user_inside != nullptr) user_inside->logged(level, message);
}

}  // namespace

InsideLibrary::InsideLibrary(LibraryUser* user) noexcept
    : before_(std::exchange(user_inside, user)) {
  tls::forget_errors();
}

InsideLibrary::~InsideLibrary() {
  user_inside = before_;
}

void start_library() {
  coap_startup();
  coap_set_log_handler(&log_line);
  coap_set_log_level(LOG_WARNING);  // the end of a batch of reads is told by a warning
}

/// Whatever follows the token, which the library keeps in one piece.
std::string_view content_of(const coap_pdu_t& received) {
  const coap_bin_const_t token = coap_pdu_get_token(&received);
  const std::uint8_t* const begin = token.s + token.length;
  const std::uint8_t* end = begin;
  coap_opt_iterator_t at;
  coap_option_iterator_init(&received, &at, COAP_OPT_ALL);
  while (const coap_opt_t* option = coap_option_next(&at))
    end = coap_opt_value(option) + coap_opt_length(option);
  std::size_t size = 0;
  const std::uint8_t* data = nullptr;
  if (coap_get_data(&received, &size, &data) != 0) end = data + size;
  return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
}

Token token_of(const coap_pdu_t& pdu) {
  const coap_bin_const_t from = coap_pdu_get_token(&pdu);
  Token token;
  token.size = static_cast<std::uint8_t>(std::min(from.length, token.octets.size()));
  std::copy_n(from.s, token.size, token.octets.begin());
  return token;
}

void add_option(coap_pdu_t& pdu, std::uint16_t number, std::string_view value) {
  coap_add_option(&pdu, number, value.size(), reinterpret_cast<const std::uint8_t*>(value.data()));
}

void add_payload(coap_pdu_t& pdu, std::string_view payload) {
  if (payload.empty()) return;
  coap_add_data(&pdu, payload.size(), reinterpret_cast<const std::uint8_t*>(payload.data()));
}

void write(const Response& response, coap_pdu_t& pdu) {
  coap_pdu_set_code(&pdu, static_cast<coap_pdu_code_t>(response.code));
  for_each_option(response, [&pdu](std::uint16_t number, std::string_view value) {
    add_option(pdu, number, value);
  });
  add_payload(pdu, response.payload);
}

ssl_st* connection_of(coap_session_t* session) {
  coap_tls_library_t library = COAP_TLS_LIBRARY_NOTLS;
  return static_cast<ssl_st*>(coap_session_get_tls(session, &library));
}

}  // namespace msggw::coap
