// Package plugintest tests gormadapter with modules that it does not use itself: GORM's plugin
// dbresolver, and its dialect for SQL Server. It is a module, so that these modules and what they
// require are not in the module graph of the adapter's users.
package plugintest
