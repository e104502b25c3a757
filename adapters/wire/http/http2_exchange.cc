// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_exchange.h"

#include <charconv>
#include <utility>

namespace msggw::http {

namespace {

template <class Number>
void read(std::string_view digits, Number& number) {
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
}

void keep_first(std::string_view value, std::string& kept) {
  if (kept.empty()) kept = value;
}

}  // namespace

bool Http2Answer::take_field(std::string_view name, std::string_view value) {
  constexpr std::size_t kLine = 4;  // ": " and the end of the line
  header_octets_ += name.size() + value.size() + kLine;
  if (header_octets_ > kMostHeaderOctets) return false;
  if (has_header_) return true;  // a trailer
  if (name == ":status") {
    read(value, response_.status);
  } else if (name == "content-length") {
    read(value, announced_octets_);
  } else if (name == "content-type") {
    keep_first(value, response_.content_type);
  } else if (name == "location") {
    keep_first(value, response_.location);
  } else if (name == "retry-after") {
    keep_first(value, retry_after_);
  }
  return true;
}

bool Http2Answer::end_header() {
  if (response_.status < 100) return false;
  if (response_.status == 304) announced_octets_ = 0;  // they are of an answer that is not this
  if (response_.status >= 200) return has_header_ = true;
  response_ = {};
  retry_after_.clear();
  announced_octets_ = 0;
  return true;
}

bool Http2Answer::take_body(std::string_view octets, std::size_t most) {
  std::string& body = response_.body;
  if (octets.size() > most - body.size()) return false;
  if (body.empty() && announced_octets_ <= most) body.reserve(announced_octets_);
  body.append(octets);
  return true;
}

ClientResponse Http2Answer::take() {
  response_.version = 20;
  if (!retry_after_.empty()) response_.retry_after = wait_in(retry_after_);
  if (response_.status == 200 || response_.status >= 400) response_.location.clear();
  return std::move(response_);
}

void Http2ClientContext::finish(Http2Exchange& exchange, base::Result<ClientResponse> result) {
  exchange.ended = true;
  --in_flight;
  finished.push_back({std::move(exchange.done), std::move(result)});
}

void Http2ClientContext::put_back(Http2Exchange& exchange, Http2Exchanges& from) {
  exchange.goes_again = true;
  exchange.sent = 0;
  exchange.answer = {};
  exchange.frame_octets = 0;
  exchange.reset_by_peer = false;
  unprocessed.splice(unprocessed.end(), from, exchange.self);
}

void Http2ClientContext::fail(Http2Exchange& exchange, base::Errc code, std::string_view reason) {
  finish(exchange, tl::unexpected(failure(code, reason, exchange.request.url)));
}

}  // namespace msggw::http
