// SPDX-License-Identifier: Apache-2.0
// Octets of a client into a session of the HTTP server, without sockets. The first octet chooses:
// bit 0 HTTP/2 (else HTTP/1.1), bit 1 a preface and SETTINGS put in front, bit 2 answers that come
// only at the end, bits 3-7 the size of the pieces in which the rest arrives.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/http1_session.h"
#include "adapters/wire/http/http2_session.h"
#include "gateway/base/result.h"

namespace {

namespace http = msggw::http;
using msggw::base::ensure;

constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

http::Response answer_to(const http::Request& request) {
  http::Response response;
  response.content_type = "text/plain";
  response.body = request.body;
  response.headers.emplace_back("location", "/" + std::string(request.query));
  return response;
}

template <class Session>
void converse(http::SessionContext& context, std::string octets, std::size_t step, bool late) {
  http::Output out;
  std::vector<std::uint64_t> waiting;
  Session session(context, out);
  std::string unread;
  const auto serve = [&] {
    for (;;) {
      const std::size_t taken = unread.empty() ? 0 : session.receive(unread);
      ensure(taken <= unread.size(), "took more than there was");
      unread.erase(0, taken);
      const auto request = session.take();
      if (!request) break;
      ensure(request->first.path.starts_with('/') || request->first.path == "*", "a path");
      ensure(request->first.body.size() <= context.options.max_body_octets,
             "a body within its limit");
      ensure(!late || session.closing() || !waiting.empty() || session.respond(0, {}) == false,
             "no request 0");
      if (late) {
        waiting.push_back(request->second);
      } else {
        session.respond(request->second, answer_to(request->first));
        session.respond(request->second, {});  // a second answer is nothing
      }
    }
    session.flush();
    out.clear();
  };
  for (std::size_t at = 0; at < octets.size(); at += step) {
    // A fresh copy, so that a view kept into old input is seen by the sanitizer.
    unread.append(octets, at, step);
    unread = std::string(unread);
    serve();
    ensure(context.buffered.taken() <= context.options.max_buffered_octets,
           "bodies within their limit");
  }
  std::reverse(waiting.begin(), waiting.end());
  for (const auto number : waiting)
    session.respond(number, {200, "a/b", std::string(3'000, 'x'), {}});
  serve();
  session.check_time();
  if (!session.in_hand()) session.end_of_input();
  serve();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static msggw::base::metrics::Registry registry;
  static http::Counters counters(registry, "fuzz");
  http::ServerOptions options;
  options.max_body_octets = 1'000;
  options.max_buffered_octets = 10'000;
  options.max_header_octets = 600;
  options.max_streams = 20;
  http::CoarseTime time;
  time.date = "Thu, 01 Jan 1970 00:00:00 GMT";
  http::SessionContext context{options, counters, time};
  const unsigned choice = data[0];
  std::string octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t pieces = choice >> 3;
  const std::size_t step = pieces == 0 ? octets.size() + kPreface.size() : pieces * pieces;
  const bool late = (choice & 4) != 0;
  if ((choice & 2) != 0) octets.insert(0, kPreface);
  if ((choice & 1) != 0) {
    converse<http::Http2Session>(context, std::move(octets), step, late);
  } else {
    converse<http::Http1Session>(context, std::move(octets), step, late);
  }
  ensure(context.buffered.taken() == 0, "bodies are let go");
  return 0;
}
