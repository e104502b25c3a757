// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/wire/http/output.h"
#include "adapters/wire/http/session.h"

namespace msggw::http {

/// Reads one request off octets: Beast's parser, with the fields that matter copied out and no
/// others kept.
class Http1Parser final : public boost::beast::http::basic_parser<true> {
 public:
  Http1Parser(Received& request, SessionContext& context);

  std::optional<Refusal> refusal() const noexcept { return refusal_; }
  bool is_http10() const noexcept { return version_ == 10; }
  /// What comes next is the size of a chunk, perhaps with the end of the one before.
  bool is_between_chunks() const noexcept {
    return is_header_done() && chunked() && chunk_left_ == 0;
  }

 private:
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, StringView method, StringView target, int version,
                       ErrorCode& ec) override;
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field field, StringView name, StringView value,
                     ErrorCode& ec) override;
  void on_header_impl(ErrorCode& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(StringView body, ErrorCode& ec) override;
  void on_chunk_header_impl(std::uint64_t octets, StringView, ErrorCode&) override {
    chunk_left_ = octets;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& ec) override;
  void on_finish_impl(ErrorCode&) override {}

  void refuse(std::optional<Refusal> refusal, ErrorCode& ec);

  Received& request_;
  SessionContext& context_;
  std::optional<Refusal> refusal_;
  int version_ = 11;
  unsigned hosts_ = 0;
  std::uint64_t chunk_left_ = 0;
};

/// The server's side of one HTTP/1.1 connection (RFC 9112) without the connection: octets in,
/// requests out, answers in, octets out. One request is in hand at a time; octets behind it wait
/// with the caller (pipelining).
class Http1Session {
 public:
  Http1Session(SessionContext& context, Output& out);
  ~Http1Session();
  Http1Session(const Http1Session&) = delete;
  Http1Session& operator=(const Http1Session&) = delete;

  /// Takes octets as far as they are of use now and gives their number; the rest is to be offered
  /// again, after an answer or with more octets behind it.
  std::size_t receive(std::string_view octets);
  /// The request that is whole and was not given out yet, with its number. Valid until the next
  /// receive().
  std::optional<std::pair<Request, std::uint64_t>> take();
  /// Answers request `number`; false if that is not the one in hand.
  bool respond(std::uint64_t number, Response response);
  /// Nothing more will be received. Requires !in_hand().
  void end_of_input();
  /// Lets go of a request that was answered.
  void flush() noexcept;
  /// Called a few times a second: refuses a request that takes too long.
  void check_time();

  bool closing() const noexcept { return state_ == State::closing; }
  bool in_hand() const noexcept { return state_ == State::whole || state_ == State::in_hand; }
  bool idle() const noexcept { return state_ == State::idle; }
  /// The handler has a request that it has not answered.
  bool is_asked() const noexcept { return state_ == State::in_hand; }
  std::size_t buffered() const noexcept { return request_.charged(); }
  /// Of answers, beside what is in the output.
  std::size_t unread() const noexcept { return 0; }
  /// The end; HTTP/1.1 has no word for it outside of an answer.
  void calm() noexcept { state_ = State::closing; }

 private:
  enum class State { idle, receiving, whole, in_hand, closing };

  std::size_t skip_empty_lines(std::string_view& octets);
  std::size_t parse(std::string_view octets);
  void request_is_whole();
  void refuse(Refusal refusal);
  void write(const Response& response, bool keep_alive);

  SessionContext& context_;
  Output& out_;
  Received request_;
  std::optional<Http1Parser> parser_;
  State state_ = State::idle;
  SteadyTime since_;               // the connection or the request in hand began
  std::size_t empty_octets_ = 0;   // of empty lines before the next request
  std::size_t header_octets_ = 0;  // of the request that is coming in
  std::uint64_t number_ = 0;
  bool continue_sent_ = false;
  bool without_body_ = false;  // it was not waited for; what comes is no request
};

}  // namespace msggw::http
