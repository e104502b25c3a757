// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/session.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <ctime>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/problem_title.h"

namespace msggw::http {

namespace bh = boost::beast::http;

namespace {

constexpr std::string_view kMessagePriority = "3gpp-sbi-message-priority";  // TS 29.500 5.2.3.2.2
constexpr std::size_t kMostKept = 256;  // of a string's memory from one request to the next

void reset(std::string& text) noexcept {
  if (text.capacity() > kMostKept) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

bool is_token_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_field_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// The fields that frame a message are the server's alone.
bool is_framing(std::string_view name) noexcept {
  return name == "content-length" || name == "transfer-encoding" || name == "connection" ||
         name == "date" || name == "keep-alive" || name == "upgrade";
}

bool is_sound(const Response& response) noexcept {
  if (response.status < 200 || response.status > 599) return false;
  if (!is_field_value(response.content_type)) return false;
  return std::all_of(response.headers.begin(), response.headers.end(), [](const auto& field) {
    return !field.first.empty() &&
           std::all_of(field.first.begin(), field.first.end(), is_token_char) &&
           is_field_value(field.second) && !is_framing(field.first);
  });
}

}  // namespace

void CoarseTime::update() {
  now = std::chrono::steady_clock::now();
  const std::time_t wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&wall, &parts);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[40];  // by hand: strftime's names depend on the locale
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday],
                parts.tm_mday, kMonths[parts.tm_mon], (parts.tm_year + 1900) % 10'000,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  date = text;
}

std::optional<Refusal> Received::charge(std::size_t octets, SessionContext& context) {
  if (charged_ == 0) charged_to_ = context.source;
  if (!context.buffered.take(charged_to_, octets)) {
    context.is_full = true;
    return Refusal::memory;
  }
  charged_ += octets;
  return {};
}

std::optional<Refusal> Received::add_to_list(std::string& list, std::string_view value,
                                             SessionContext& context) {
  if (!list.empty()) list += ", ";
  list += value;
  return charge(value.size(), context);
}

std::optional<Refusal> Received::add(bh::field field, std::string_view name, std::string_view value,
                                     SessionContext& context) {
  const auto once = [&](std::string& into) -> std::optional<Refusal> {
    if (!into.empty()) return Refusal::malformed;  // whose value should count?
    into = value;
    return charge(value.size(), context);
  };
  switch (field) {
    case bh::field::content_type: return once(content_type);
    case bh::field::authorization: return once(authorization);
    case bh::field::accept: return add_to_list(accept, value, context);
    case bh::field::content_encoding:
      if (boost::beast::iequals(value, "identity")) return {};
      return Refusal::encoding;
    case bh::field::expect:
      expects_continue = boost::beast::iequals(value, "100-continue");
      if (expects_continue) return {};
      return Refusal::expectation;
    case bh::field::host:
      if (!host.empty()) return {};  // :authority comes first and counts (RFC 9113 8.3.1)
      return once(host);
    case bh::field::origin: return once(origin);
    case bh::field::unknown:
      if (!boost::beast::iequals(name, kMessagePriority)) return {};
      return add_to_list(message_priority, value, context);  // a hint: two of them are no mistake
    default: return {};
  }
}

std::optional<Refusal> Received::add_body(std::string_view octets, SessionContext& context) {
  if (octets.size() > context.options.max_body_octets - body.size()) return Refusal::body_size;
  if (const auto refusal = charge(octets.size(), context)) return refusal;
  body.append(octets);
  return {};
}

void Received::clear(SessionContext& context) noexcept {
  context.buffered.give_back(charged_to_, std::exchange(charged_, 0));
  reset(method);
  reset(target);
  reset(content_type);
  reset(accept);
  reset(authorization);
  reset(host);
  reset(origin);
  reset(message_priority);
  reset(body);
  expects_continue = false;
  announced_octets = 0;
}

bool Received::wants_body(unsigned version, std::uint64_t octets, const SessionContext& context) {
  if (!expects_continue || !context.reads_body) return true;
  const auto request = view(version);
  if (!request || context.reads_body(*request, octets)) return true;
  announced_octets = octets;
  return false;
}

std::optional<Request> Received::view(unsigned version) const noexcept {
  std::string_view rest = target;
  if (!rest.starts_with('/') && rest != "*") {
    const auto scheme_end = rest.find("://");
    if (scheme_end == std::string_view::npos) return {};
    const auto scheme = rest.substr(0, scheme_end);
    if (!boost::beast::iequals(scheme, "http") && !boost::beast::iequals(scheme, "https"))
      return {};
    const auto path = rest.find_first_of("/?", scheme_end + 3);
    rest = path == std::string_view::npos ? "/" : rest.substr(path);
  }
  const auto mark = rest.find('?');
  Request request;
  request.method = is_head() ? "GET" : std::string_view(method);
  request.path = rest.substr(0, mark);
  if (request.path.empty()) request.path = "/";
  if (mark != std::string_view::npos) request.query = rest.substr(mark + 1);
  request.content_type = content_type;
  request.accept = accept;
  request.authorization = authorization;
  request.host = host;
  request.origin = origin;
  request.message_priority = message_priority;
  request.body = body;
  request.announced_octets = announced_octets;
  request.version = version;
  return request;
}

Response sound(Response response, Counters& counters) {
  if (is_sound(response)) return response;
  counters.refused(Refusal::answer);
  return refusal_response(Refusal::answer);
}

Response refusal_response(Refusal refusal) {
  const RefusalText& text = text_of(refusal);
  Response response;
  response.status = text.status;
  response.content_type = "application/problem+json";
  base::ObjectWriter writer(base::Encoding::json, response.body);
  writer.text("title", base::problem_title(text.status));
  writer.number("status", text.status);
  writer.text("detail", text.detail);
  writer.text("cause", text.cause);
  writer.end();
  if (text.status == 503) response.headers.emplace_back("retry-after", "1");
  return response;
}

std::string refusal_text(Refusal refusal) {
  const Response response = refusal_response(refusal);
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text.append(base::problem_title(response.status));
  text += "\r\ncontent-type: " + response.content_type +
          "\r\ncontent-length: " + std::to_string(response.body.size());
  for (const auto& [name, value] : response.headers) text += "\r\n" + name + ": " + value;
  return text + "\r\nconnection: close\r\n\r\n" + response.body;
}

bool is_bodiless(unsigned status, bool head) noexcept {
  return head || status == 204 || status == 304;
}

}  // namespace msggw::http
