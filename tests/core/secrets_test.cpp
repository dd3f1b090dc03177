#include <boost/test/unit_test.hpp>

#include "core/secrets.hpp"

using namespace aurora::core;

namespace {

const std::string canary = "c4n4ry";

std::string shown(std::string text) {
  for (auto at = text.find('@'); at != text.npos && text.substr(at, 2) == "@@";
       at = text.find("@@"))
    text.replace(at, 2, canary);
  return masker().text(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secrets)

// What people call their secrets is known in every spelling; what only looks like it is not.
BOOST_AUTO_TEST_CASE(names) {
  for (const char* name : {"PASSWORD",
                           "DB_PASSWORD",
                           "PGPASSWORD",
                           "db.passwd",
                           "dbPass",
                           "MYSQL_PWD",
                           "passphrase",
                           "SECRET",
                           "clientSecret",
                           "SECRET_KEY_BASE",
                           "TOKEN",
                           "access_token",
                           "X-Auth-Token",
                           "API_KEY",
                           "apiKey",
                           "apikey",
                           "AWS_SECRET_ACCESS_KEY",
                           "SSHKEY",
                           "privateKey",
                           "PRIVATE_PEM",
                           "CREDENTIALS",
                           "GOOGLE_CREDS",
                           "AUTH",
                           "BASIC_AUTH",
                           "Authorization",
                           "Proxy-Authorization",
                           "Cookie",
                           "Set-Cookie",
                           "DSN",
                           "SENTRY_DSN",
                           "JWT",
                           "--password",
                           "X-Api-Key",
                           "PASS"})
    BOOST_TEST(is_secret_name(name), name);
  for (const char* name :
       {"", "PATH", "PWD", "OLDPWD", "HOME", "PORT", "KEYBOARD", "AUTHOR", "PASSENGER_ENV", "LANG",
        "HOSTNAME", "DSNAME", "Content-Type", "AURORA_RUN", "PYTHONUNBUFFERED", "-v", "--port"})
    BOOST_TEST(!is_secret_name(name), name);
}

// Free text: assignments of every kind, options, headers and addresses.
BOOST_AUTO_TEST_CASE(texts) {
  for (const char* text : {"PASSWORD=@@ exec server",
                           "exec env -i DB_TOKEN=@@ server",
                           "server --token=@@ -v",
                           "server --token @@ -v",
                           "server --password '@@' x",
                           R"(server --password "@@ @@")",
                           R"(sh -c "PASSWORD=@@ exec x")",
                           "PASSWORD='a b @@' x",
                           R"(PASSWORD="a \" @@" x)",
                           R"(PASSWORD=a\ @@ x)",
                           R"(curl -H "Authorization: Bearer @@" u)",
                           "curl -H 'X-Api-Key: @@' u",
                           R"({"password": "@@", "port": 1})",
                           R"({"token":"@@"})",
                           "http://u:@@@h/p",
                           "postgres://app:@@@db:5432/x?y=1",
                           "https://:@@@h",
                           "http://u:p@h http://u:@@@h2",
                           "http://h/p?access_token=@@&x=1",
                           "a&api_key=@@;b",
                           "redis://u:a/b@@@h",
                           "password: @@"})
    BOOST_TEST(shown(text).find(canary) == std::string::npos, text << " -> " << shown(text));
  BOOST_TEST(shown("PASSWORD=@@ exec server") == "PASSWORD=*** exec server");
  BOOST_TEST(shown("http://u:@@@h:80/p") == "http://***@h:80/p");
  BOOST_TEST(shown("http://h/p?token=@@&x=1") == "http://h/p?token=***&x=1");
  BOOST_TEST(shown(R"({"password": "@@", "port": 1})") == R"({"password": ***, "port": 1})");
}

// Nothing else is touched.
BOOST_AUTO_TEST_CASE(harmless) {
  for (const char* text :
       {"", "exec python3 server.py 5000", "http://127.0.0.1:5000/health", "mail to a@b:c",
        "echo token", "a=b c: d --port 5 x://y", "PATH=/bin:/x", "http://h/a@b:c", "=: --", "'"})
    BOOST_TEST(masker().text(text) == text);
}

// Arguments: an option's value is the next one.
BOOST_AUTO_TEST_CASE(arguments) {
  const std::vector<std::string> command{"server",
                                         "--password",
                                         canary,
                                         "--port",
                                         "80",
                                         "-u",
                                         "me:" + canary,
                                         "--user",
                                         "1000",
                                         "-H",
                                         "Cookie: a=" + canary,
                                         "--key=" + canary};
  const std::vector<std::string> wanted{"server", "--password", "***",         "--port",
                                        "80",     "-u",         "***",         "--user",
                                        "1000",   "-H",         "Cookie: ***", "--key=***"};
  BOOST_TEST(masker().arguments(command) == wanted, boost::test_tools::per_element());
}

// A value that is known to be secret is masked wherever it turns up.
BOOST_AUTO_TEST_CASE(learnt) {
  masker knows;
  knows.learn("PASSWORD", canary);
  knows.learn("PORT", "5000");
  knows.learn("PASSWORD", "ab");  // too short to be told from text
  const std::string block("A_TOKEN=t0ken\0DB=x://a:b@c\0ODD\0", 31);
  knows.learn_environment(block);
  BOOST_TEST(knows.text("on 5000 with " + canary + "," + canary + "x t0ken ab") ==
             "on 5000 with ***,***x *** ab");
  BOOST_TEST(knows.text("x://a:b@c") == "***");
  BOOST_TEST(knows.value("PORT", "5000") == "5000");
  BOOST_TEST(knows.value("GREETING", "hi " + canary) == "hi ***");
  BOOST_TEST(knows.value("MY_SECRET", "x") == "***");
  BOOST_TEST(knows.value("MY_SECRET", "") == "");
  BOOST_TEST(knows.value("DATABASE_URL", "x://a:b@c") == "***");
}

BOOST_AUTO_TEST_SUITE_END()
