// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/reach.h"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "adapters/wire/http/client.h"
#include "gateway/base/text.h"

namespace msggw::process {

namespace {

/// What TS 29.538 5.3.2.4 has for a message without any of its elements, or for a caller that it
/// does not know. Whoever knows nothing of the resource says 404, or shows a page.
bool is_of_api(const http::ClientResponse& answer) {
  return answer.status == 400 || answer.status == 401 || answer.status == 403;
}

Reached reach(const msgin5g::ServerOptions& server, const base::Uri& root) {
  boost::asio::io_context io;
  http::Client client(io, server.http);
  http::ClientRequest request;
  request.method = "POST";
  request.url = root.child("msgs-msgdelivery").child("v1").child("deliver-ue-message");
  request.content_type = "application/json";
  request.body = "{}";
  request.accept = "application/json, application/problem+json";
  Reached reached{server.name, base::to_string(root), false, false, "no answer"};
  bool done = false;
  client.start(std::move(request), [&](const base::Result<http::ClientResponse>& answer) {
    done = true;
    reached.answers = answer.has_value();
    reached.what = answer ? "HTTP " + std::to_string(answer->status)
                          : base::printable(answer.error().detail, 400);
    reached.has_api = answer && is_of_api(*answer);
  });
  while (!done && io.run_one() > 0) {
  }
  return reached;
}

}  // namespace

std::vector<Reached> reach_servers(const msgin5g::Options& options) {
  std::vector<Reached> all;
  for (const msgin5g::ServerOptions& server : options.servers) {
    for (const base::Uri& root : server.uris) all.push_back(reach(server, root));
  }
  return all;
}

}  // namespace msggw::process
