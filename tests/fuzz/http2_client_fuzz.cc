// SPDX-License-Identifier: Apache-2.0
// What a server says on one HTTP/2 connection, from its first octet on, to the client's session.
// The first octet chooses: bits 0-2 how many requests are asked, with bodies of 0 to 70,000 octets,
// bits 3-5 the size of the pieces, bits 6-7 how much time passes with each.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/http/http2_client_session.h"
#include "gateway/base/result.h"

namespace {

namespace http = msggw::http;
using msggw::base::ensure;

constexpr std::size_t kMostHeld = 1 << 20;  // of output; it is let go after each piece

class Client {
 public:
  Client() { context_.options.max_response_octets = 1'000; }

  void ask(std::size_t body_octets) {
    http::Http2Exchanges waiting(1);
    waiting.front().request.url = origin_;
    waiting.front().request.method = body_octets % 2 == 0 ? "POST" : "HEAD";
    waiting.front().request.body.assign(body_octets, 'x');
    waiting.front().started = context_.now;
    ++context_.in_flight;
    ++asked_;
    session_.submit(waiting);
  }
  void ask_some(std::size_t most) {
    while (asked_ < most && session_.room() > 0) ask(asked_ * 10'000 + asked_ % 2);
  }
  void say(std::string_view octets) { session_.receive(octets); }
  void pass(msggw::base::Duration time) {
    context_.now += time;
    session_.check_time();
  }
  void look() {
    session_.flush();
    ensure(out_.size() < kMostHeld, "output within its limit");
    out_.clear();
    for (http::Http2Exchange& exchange : context_.unprocessed)
      context_.fail(exchange, msggw::base::Errc::unavailable, "there is no other connection");
    context_.unprocessed.clear();
    for (const http::Finished& finished : context_.finished) check(finished.result);
    told_ += context_.finished.size();
    context_.finished.clear();
    if (session_.over()) ensure(context_.in_flight == 0, "all ends with the session");
  }
  void end() {
    session_.fail(msggw::base::Errc::unavailable, "gone");
    look();
    ensure(told_ == asked_ && context_.in_flight == 0, "each request ends once");
  }

 private:
  void check(const msggw::base::Result<http::ClientResponse>& result) const {
    if (!result) return ensure(!result.error().detail.empty(), "a failure has a reason");
    ensure(result->status >= 200 && result->status <= 999, "a final answer");
    ensure(result->body.size() <= context_.options.max_response_octets, "a body within its limit");
    ensure(result->content_type.size() + result->location.size() <= http::kMostHeaderOctets,
           "header fields within their limit");
    ensure(result->retry_after >= std::chrono::seconds(0) &&
               result->retry_after <= std::chrono::hours(24),
           "a pause within its limit");
  }

  const msggw::base::Uri origin_ = msggw::base::parse_uri("http://h").value();
  http::Http2ClientContext context_;
  http::Output out_;
  http::Http2ClientSession session_{context_, origin_, out_};
  std::size_t asked_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t requests = choice & 7;
  const std::size_t piece = std::max<std::size_t>(1, octets.size() >> (choice >> 3 & 7));
  const msggw::base::Duration time(500 * (choice >> 6));
  Client client;
  client.look();
  while (!octets.empty()) {
    client.say(octets.substr(0, piece));
    octets.remove_prefix(std::min(piece, octets.size()));
    client.ask_some(requests);
    client.look();
    client.pass(time);
    client.look();
  }
  client.end();
  return 0;
}
