// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http1_session.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <cctype>

namespace msggw::http {

namespace bh = boost::beast::http;

namespace {

// A chunk header and the trailer are bounded by the same limit as a header, beside which they are
// always small.
constexpr std::size_t kMostEmptyLines = 8;

// A chunked body ends with at least "0", CR LF, CR LF, taken together; with less Beast 1.81 fails
// an assertion.
constexpr std::size_t kLeastChunked = 5;

// Whether a request line ends as one of another HTTP version does, so that 505 is the better answer
// than 400.
bool names_version(std::string_view line) noexcept {
  line = line.substr(0, line.find("\r\n"));
  const auto at = line.rfind(" HTTP/");
  if (at == std::string_view::npos || line.size() - at != 9) return false;
  return std::isdigit(static_cast<unsigned char>(line[at + 6])) != 0 && line[at + 7] == '.' &&
         std::isdigit(static_cast<unsigned char>(line[at + 8])) != 0;
}

// Whether a chunk, or its end and the next, can begin so (RFC 9112 7.1). Beast looks at a line only
// when it is whole.
bool may_begin_chunk(std::string_view octets) noexcept {
  constexpr std::string_view kLineEnd = "\r\n";
  constexpr std::size_t kMostDigits = 16;
  if (kLineEnd.starts_with(octets.substr(0, kLineEnd.size())))
    octets.remove_prefix(std::min(octets.size(), kLineEnd.size()));
  std::size_t digits = 0;
  while (digits < octets.size() && std::isxdigit(static_cast<unsigned char>(octets[digits])) != 0)
    ++digits;
  octets.remove_prefix(digits);
  if (octets.empty()) return digits <= kMostDigits;
  if (digits == 0 || digits > kMostDigits) return false;
  return octets == "\r" || octets.starts_with(kLineEnd) ||
         std::string_view("; \t").find(octets.front()) != std::string_view::npos;
}

bool may_have_body(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

Refusal refusal_of(const boost::beast::error_code& ec, std::string_view at) noexcept {
  if (ec == bh::error::header_limit) return Refusal::header_size;
  if (ec == bh::error::body_limit) return Refusal::body_size;
  if (ec == bh::error::bad_version && names_version(at)) return Refusal::version;
  return Refusal::malformed;
}

}  // namespace

Http1Parser::Http1Parser(Received& request, SessionContext& context)
    : request_(request), context_(context) {
  header_limit(static_cast<std::uint32_t>(context.options.max_header_octets));
  body_limit(context.options.max_body_octets);
}

void Http1Parser::on_request_impl(bh::verb, StringView method, StringView target, int version,
                                  ErrorCode& ec) {
  version_ = version;
  request_.method.assign(method);
  request_.target.assign(target);
  refuse(request_.charge(target.size(), context_), ec);
}

void Http1Parser::on_field_impl(bh::field field, StringView name, StringView value, ErrorCode& ec) {
  if (is_header_done()) return;  // a trailer field, which nobody looks at
  if (field == bh::field::host) ++hosts_;
  // Any other coding would leave it open where the body ends (RFC 9112 6.3).
  if (field == bh::field::transfer_encoding && !boost::beast::iequals(value, "chunked")) {
    return refuse(Refusal::coding, ec);
  }
  refuse(request_.add(field, {name.data(), name.size()}, {value.data(), value.size()}, context_),
         ec);
}

void Http1Parser::on_header_impl(ErrorCode& ec) {
  const bool http11 = !is_http10();
  if ((http11 && hosts_ != 1) || hosts_ > 1 || (!http11 && chunked())) {
    return refuse(Refusal::malformed, ec);
  }
  // Without a type there is no body, though the method might have one (RFC 9110 8.6).
  if (may_have_body(request_.method) && !request_.content_type.empty() && !chunked() &&
      !content_length()) {
    return refuse(Refusal::length, ec);
  }
  if (!http11) request_.expects_continue = false;
}

std::size_t Http1Parser::on_body_impl(StringView body, ErrorCode& ec) {
  refuse(request_.add_body({body.data(), body.size()}, context_), ec);
  return body.size();
}

std::size_t Http1Parser::on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& ec) {
  chunk_left_ -= body.size();
  return on_body_impl(body, ec);
}

void Http1Parser::refuse(std::optional<Refusal> refusal, ErrorCode& ec) {
  if (!refusal) return;
  refusal_ = refusal;
  ec = bh::error::bad_value;
}

Http1Session::Http1Session(SessionContext& context, Output& out)
    : context_(context), out_(out), since_(context.time.now) {}

Http1Session::~Http1Session() {
  request_.clear(context_);
}

std::size_t Http1Session::receive(std::string_view octets) {
  const std::size_t all = octets.size();
  std::size_t taken = 0;
  if (state_ == State::idle && !octets.empty()) {
    request_.clear(context_);
    taken = skip_empty_lines(octets);
    if (!octets.empty() && state_ == State::idle) {
      parser_.emplace(request_, context_);
      state_ = State::receiving;
      since_ = context_.time.now;
      header_octets_ = 0;
      empty_octets_ = 0;
      continue_sent_ = false;
      without_body_ = false;
    }
  }
  if (state_ == State::receiving && !octets.empty()) taken += parse(octets);
  return state_ == State::closing ? all : taken;
}

// RFC 9112 2.2: a server should ignore an empty line or so before the request line.
std::size_t Http1Session::skip_empty_lines(std::string_view& octets) {
  std::size_t skipped = 0;
  while (octets.starts_with("\r\n")) {
    octets.remove_prefix(2);
    skipped += 2;
  }
  empty_octets_ += skipped;
  if (empty_octets_ > 2 * kMostEmptyLines) refuse(Refusal::malformed);
  if (octets == "\r") octets = {};  // not taken: its line feed may follow
  return skipped;
}

std::size_t Http1Session::parse(std::string_view octets) {
  const auto most = context_.options.max_header_octets;
  boost::beast::error_code ec;
  std::size_t taken = 0;
  while (taken < octets.size() && !parser_->is_done() && !ec) {
    const bool in_chunks = parser_->is_header_done() && parser_->chunked();
    if (in_chunks && octets.size() - taken < kLeastChunked) {
      ec = bh::error::need_more;
      break;
    }
    const bool in_header = !parser_->is_header_done();  // one put() ends with the header
    const std::size_t now = parser_->put({octets.data() + taken, octets.size() - taken}, ec);
    taken += now;
    if (in_header) header_octets_ += now;
  }
  const std::size_t left = octets.size() - taken;
  const bool more = ec == bh::error::need_more;
  if (parser_->refusal() || (ec && !more)) {
    refuse(parser_->refusal().value_or(refusal_of(ec, octets.substr(taken))));
  } else if (header_octets_ + (parser_->is_header_done() ? 0 : left) > most) {
    refuse(Refusal::header_size);  // Beast's own limit starts anew with every piece
  } else if (more && left > most) {
    refuse(Refusal::malformed);  // an endless chunk header or trailer
  } else if (more && parser_->is_between_chunks() && !may_begin_chunk(octets.substr(taken))) {
    refuse(Refusal::malformed);
  } else if (parser_->is_done()) {
    request_is_whole();
  } else if (parser_->is_header_done() && request_.expects_continue && !continue_sent_) {
    continue_sent_ = true;
    if (!request_.wants_body(11, parser_->content_length().value_or(0), context_)) {
      without_body_ = true;
      request_is_whole();
    } else if (request_.body.empty()) {
      out_.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    }
  }
  return taken;
}

void Http1Session::request_is_whole() {
  if (!request_.view(11)) return refuse(Refusal::malformed);
  state_ = State::whole;
  ++number_;
}

std::optional<std::pair<Request, std::uint64_t>> Http1Session::take() {
  if (state_ != State::whole) return {};
  state_ = State::in_hand;
  context_.counters.request(11);
  return std::pair(*request_.view(11), number_);
}

bool Http1Session::respond(std::uint64_t number, Response response) {
  if (state_ != State::in_hand || number != number_) return false;
  const bool keep_alive = parser_->keep_alive() && !without_body_ && !context_.leaving;
  response = sound(std::move(response), context_.counters);
  write(response, keep_alive);
  if (!is_bodiless(response.status, request_.is_head())) out_.append(std::move(response.body));
  state_ = keep_alive ? State::idle : State::closing;
  since_ = context_.time.now;
  return true;
}

void Http1Session::flush() noexcept {
  if (context_.leaving && state_ == State::idle && number_ > 0) state_ = State::closing;
  if (state_ == State::idle || state_ == State::closing) request_.clear(context_);
}

void Http1Session::end_of_input() {
  if (state_ == State::receiving) context_.counters.refused(Refusal::incomplete);
  state_ = State::closing;
}

void Http1Session::check_time() {
  const auto age = context_.time.now - since_;
  if (state_ == State::receiving && age > context_.options.header_timeout) refuse(Refusal::timeout);
  if (state_ == State::idle) {
    // Before its first request a connection gets no longer than the request itself would.
    const auto most =
        number_ == 0 ? context_.options.header_timeout : context_.options.idle_timeout;
    if (age > most) state_ = State::closing;
  }
}

void Http1Session::refuse(Refusal refusal) {
  context_.counters.refused(refusal);
  Response response = refusal_response(refusal);
  write(response, false);
  if (!request_.is_head()) out_.append(std::move(response.body));
  state_ = State::closing;
}

void Http1Session::write(const Response& response, bool keep_alive) {
  context_.counters.response(response.status);
  const auto reason = bh::obsolete_reason(bh::int_to_status(response.status));
  std::string& text = out_.tail();
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason.data(), reason.size());
  text.append("\r\ndate: ").append(context_.time.date);
  if (!is_bodiless(response.status, false)) {
    text.append("\r\ncontent-length: ").append(std::to_string(response.body.size()));
  }
  if (!response.content_type.empty()) {
    text.append("\r\ncontent-type: ").append(response.content_type);
  }
  for (const auto& [name, value] : response.headers) {
    text.append("\r\n").append(name).append(": ").append(value);
  }
  if (!keep_alive) {
    text.append("\r\nconnection: close");
  } else if (parser_->is_http10()) {
    text.append("\r\nconnection: keep-alive");
  }
  text.append("\r\n\r\n");
}

}  // namespace msggw::http
