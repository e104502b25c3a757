// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <set>
#include <string>

#include "adapters/wire/http/client.h"
#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "provisioning/function/target.h"
#include "storage/lmdb_store.h"
#include "tests/support/temp_folder.h"

namespace msggw::function {
namespace {

/// Sends `requests` POSTs for `ids` Private IDs by turns, as many at a time as the client takes.
class Crowd {
 public:
  Crowd(std::string root, http::Version version, int requests, int ids)
      : url_(base::parse_uri(root + std::string(kCollectionPath)).value()),
        requests_(requests),
        ids_(ids),
        client_(io_, options(version)) {}

  void run() {
    while (done_ < requests_) {
      while (started_ < requests_ && client_.room() > 0) start(started_++);
      io_.run_one_for(std::chrono::seconds(10));
    }
  }

  int errors = 0;
  std::map<std::string, std::map<unsigned, int>> statuses;  ///< Private ID -> status -> times
  std::map<std::string, std::set<std::string>> service_ids;

 private:
  static http::ClientOptions options(http::Version version) {
    http::ClientOptions options;
    options.version = version;
    options.request_timeout = base::Duration(60'000);
    return options;
  }

  void start(int number) {
    const std::string private_id = "device-" + std::to_string(number % ids_);
    http::ClientRequest request;
    request.url = url_;
    request.content_type = "application/json";
    request.body =
        protocol::encode_request(protocol::Encoding::json, core::UeType::non_3gpp, private_id, "");
    client_.start(std::move(request), [this, private_id](base::Result<http::ClientResponse> got) {
      ++done_;
      if (!got) {
        ++errors;
        MESSAGE(got.error().detail);
        return;
      }
      ++statuses[private_id][got->status];
      const auto response =
          protocol::decode_response(protocol::Encoding::json, got->body, protocol::WireLimits{});
      if (response) service_ids[private_id].insert(response->service_id);
    });
  }

  boost::asio::io_context io_;
  base::Uri url_;
  int requests_;
  int ids_;
  int started_ = 0;
  int done_ = 0;
  http::Client client_;
};

void check_crowd(http::Version version) {
  constexpr int kRequests = 1'000;
  constexpr int kIds = 100;
  const test::TempFolder folder;
  storage::LmdbOptions lmdb;
  lmdb.folder = folder.path();
  lmdb.tables = store_tables();
  const auto store = storage::open_lmdb_store(lmdb);
  const RunningFunction pf(*store, test_options());
  Crowd crowd(pf.root(), version, kRequests, kIds);
  crowd.run();

  CHECK(crowd.errors == 0);
  REQUIRE(crowd.statuses.size() == kIds);
  std::set<std::string> all;
  for (auto& [private_id, times] : crowd.statuses) {
    CAPTURE(private_id);
    CHECK(times[201] == 1);
    CHECK(times[200] == kRequests / kIds - 1);
    REQUIRE(crowd.service_ids[private_id].size() == 1);
    all.insert(*crowd.service_ids[private_id].begin());
  }
  CHECK(all.size() == kIds);
}

TEST_CASE("1,000 requests at once for 100 Private IDs give each one Service ID, HTTP/1.1") {
  check_crowd(http::Version::http1);
}

TEST_CASE("1,000 requests at once for 100 Private IDs give each one Service ID, HTTP/2") {
  check_crowd(http::Version::http2);
}

}  // namespace
}  // namespace msggw::function
